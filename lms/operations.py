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
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        schema_editor.remove_index(model, self.index, concurrently=True)


class RemoveIndexOnline(RemoveIndex):
    """Drop an index while the table is read and written; its migration must say `atomic = False`."""

    atomic = False
    category = OperationCategory.REMOVAL

    def describe(self) -> str:
        return f"{super().describe()} while the table is in use"

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        state = from_state.models[app_label, self.model_name_lower]
        model = from_state.apps.get_model(app_label, self.model_name)
        schema_editor.remove_index(model, state.get_index_by_name(self.name), concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        state = to_state.models[app_label, self.model_name_lower]
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, state.get_index_by_name(self.name), concurrently=True)
