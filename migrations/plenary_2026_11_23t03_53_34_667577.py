from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz

ID = "2026-11-23T03:53:34:667577"
VERSION = "1.38.0"
DESCRIPTION = "limits"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="plenary", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="RateWindow",
        tablename="rate_windows",
        column_name="n",
        db_column_name="n",
        schema=None,
    )

    manager.alter_column(
        table_class_name="RateWindow",
        tablename="rate_windows",
        column_name="expires_at",
        db_column_name="expires_at",
        params={"index": False},
        old_params={"index": True},
        column_class=Timestamptz,
        old_column_class=Timestamptz,
        schema=None,
    )

    return manager
