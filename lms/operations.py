"""Migration operations that a running site doesn't notice."""

from typing import Any

from django.db.migrations.operations import AddIndex, RemoveIndex
from django.db.migrations.operations.base import OperationCategory
from django.db.migrations.state import ProjectState


class AddIndexOnline(AddIndex):
    """Add an index while the table is read and written; its migration must say `atomic = False`.

    PostgreSQL builds it concurrently. SQLite, which has one writer anyway, builds it as usual.
    """

    atomic = False
    category = OperationCategory.ADDITION

    def describe(self) -> str:
        return f"{super().describe()} while the table is in use"

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, **_online(schema_editor))

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        schema_editor.remove_index(model, self.index, **_online(schema_editor))


class RemoveIndexOnline(RemoveIndex):
    """Drop an index while the table is read and written; its migration must say `atomic = False`."""

    atomic = False
    category = OperationCategory.REMOVAL

    def describe(self) -> str:
        return f"{super().describe()} while the table is in use"

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        schema_editor.remove_index(model, self._index(app_label, from_state), **_online(schema_editor))

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self._index(app_label, to_state), **_online(schema_editor))

    def _index(self, app_label: str, state: ProjectState) -> Any:
        return state.models[app_label, self.model_name_lower].get_index_by_name(self.name)


def _online(schema_editor: Any) -> dict[str, bool]:
    """Return what asks PostgreSQL to build or drop an index concurrently; other engines have no such word."""
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
