"""How collected files get their names."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """Puts the hashed names into the import statements of scripts too, so that modules find each other."""

    support_js_module_import_aggregation = True
