"""`make reliability`: faults under load, and the figures they leave.

    python -m tests.reliability [--short] [--only crash,database,worker] [--seed N] [--write]

Prints a line and writes a row for each fault: what was acknowledged and lost (none), doubled (none), stored without
having been acknowledged (none, once retried), and how long it took until the site was ready again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parents[2] / "docs" / "reliability" / "latest.json"
Test = Callable[[Path, bool, random.Random], Awaitable[dict[str, Any]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    rows = []
    with tempfile.TemporaryDirectory(prefix="plenary-reliability-") as folder:
        Path(folder).chmod(0o711)
        os.environ |= {"PLENARY_DATA_DIR": folder, "PLENARY_BASE_URL": "http://127.0.0.1:8000"}
        os.environ.pop("DATABASE_URL", None)
        from tests.reliability.faults import TESTS

        for name, test in TESTS.items():
            if not wanted or name in wanted:
                (Path(folder) / name).mkdir()
                row = {"name": name, "seed": options.seed, "is_short": options.short}
                row |= asyncio.run(test(Path(folder) / name, options.short, random.Random(options.seed)))
                print(json.dumps(row), flush=True)
                rows.append(row)
    if options.write:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        # A row that was not asked for stays as it was measured last.
        known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else []
        rows = [*(row for row in known if row["name"] not in {new["name"] for new in rows}), *rows]
        RESULT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    raise SystemExit(0 if rows and all(row["is_met"] for row in rows) else 1)


if __name__ == "__main__":
    main()
