from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Unique

ID = "2026-11-22T18:48:36:138637"
VERSION = "1.38.0"
DESCRIPTION = "slates hold stances"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="plenary", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="SlateReason",
        tablename="slate_reasons",
        column_name="choice",
        db_column_name="choice",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 8,
            "default": "agree",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.drop_constraint(
        table_class_name="SlateItem",
        tablename="slate_items",
        constraint_name="uq_slate_item",
        schema=None,
    )

    manager.drop_constraint(
        table_class_name="SlateReason",
        tablename="slate_reasons",
        constraint_name="uq_slate_reason",
        schema=None,
    )

    manager.add_constraint(
        table_class_name="SlateItem",
        tablename="slate_items",
        constraint_name="uq_slate_stance",
        constraint_class=Unique,
        params={
            "columns": ["slate", "proposal", "choice"],
            "nulls_distinct": True,
        },
        schema=None,
    )

    manager.add_constraint(
        table_class_name="SlateReason",
        tablename="slate_reasons",
        constraint_name="uq_reason_stance",
        constraint_class=Unique,
        params={
            "columns": ["slate", "proposal", "choice"],
            "nulls_distinct": True,
        },
        schema=None,
    )

    return manager
