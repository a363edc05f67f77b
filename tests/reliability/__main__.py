"""`make reliability`: faults under load, and the figures they leave.

    python -m tests.reliability [--short] [--only crash,servers,...] [--seed N] [--write]

Prints a line and writes a row for each test as it ends, so that a run that is cut off loses none: what was acknowledged
and lost (none), doubled (none), stored without having been acknowledged (none, once retried), how long it took until
the site was ready again, the seed, how busy the machine was, and whether the figures that were asked for are met.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parents[2] / "docs" / "reliability" / "latest.json"
Test = Callable[[Path, bool, random.Random], Awaitable[dict[str, Any]]]
LIMIT_SECONDS = 600.0
"""No test may take longer; whatever it started is killed with it."""


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
        # Several servers of one site have the same keys.
        os.environ |= {f"PLENARY_{key}": secrets.token_hex(32) for key in ("SESSION_SECRET", "LINK_KEY", "SIGNING_KEY")}
        os.environ.pop("DATABASE_URL", None)
        from tests.reliability import TESTS

        for name in TESTS:
            if not wanted or name in wanted:
                test = TESTS[name]
                (Path(folder) / name).mkdir()
                (Path(folder) / name).chmod(0o711)
                row = {"name": name, "seed": options.seed, "is_short": options.short}
                began = time.monotonic()
                row |= asyncio.run(_in_time(test(Path(folder) / name, options.short, random.Random(options.seed))))
                row |= {"seconds": round(time.monotonic() - began, 1), "machine_load": round(os.getloadavg()[0], 1)}
                print(json.dumps(row), flush=True)
                rows.append(row)
                if options.write:
                    write(row)
    raise SystemExit(0 if rows and all(row["is_met"] is not False for row in rows) else 1)


async def _in_time(test: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    async with asyncio.timeout(LIMIT_SECONDS):
        return await test


def write(row: dict[str, Any]) -> None:
    """The row stands in the file in the place of its last one; the others stay as they were measured last."""
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else []
    rows = [*(one for one in known if one["name"] != row["name"]), row]
    RESULT.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
