"""People, pages, rows and jobs: the shell around `deliberation`."""

import os

# piccolo finds the engine and the list of tables through this variable; only tools started outside our command lack it.
os.environ.setdefault("PICCOLO_CONF", "app.database")
