"""The list of tables, for piccolo: every `Table` of every module in `app.tables`."""

import pkgutil

from piccolo.conf.apps import AppConfig, table_finder

import app.tables
from app.database import MIGRATIONS

APP_CONFIG = AppConfig(
    app_name="plenary",
    migrations_folder_path=str(MIGRATIONS),
    table_classes=table_finder(
        modules=[f"app.tables.{module.name}" for module in pkgutil.iter_modules(app.tables.__path__)],
        exclude_imported=True,
    ),
    migration_dependencies=[],
    commands=[],
)
