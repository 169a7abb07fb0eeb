"""The journal is append-only, in the database itself: no event can be changed or removed by way of the application."""

from __future__ import annotations

from typing import Any

from django.db import migrations

SQLITE = [
    f"""CREATE TRIGGER journal_no_{verb.lower()} BEFORE {verb} ON workbench_event
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""
    for verb in ("UPDATE", "DELETE")
]
POSTGRES = [
    """CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$""",
    """CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON workbench_event
    FOR EACH ROW EXECUTE FUNCTION journal_append_only()""",
    """CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON workbench_event
    FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()""",
]


def forbid(apps: Any, schema_editor: Any) -> None:
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES:
        schema_editor.execute(statement)


def allow(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER journal_no_update")
        schema_editor.execute("DROP TRIGGER journal_no_delete")
    else:
        schema_editor.execute("DROP TRIGGER journal_no_truncate ON workbench_event")
        schema_editor.execute("DROP TRIGGER journal_no_change ON workbench_event")
        schema_editor.execute("DROP FUNCTION journal_append_only()")


class Migration(migrations.Migration):
    dependencies = [("workbench", "0001_initial")]
    operations = [migrations.RunPython(forbid, allow)]
