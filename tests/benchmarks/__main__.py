"""`make bench`: Plenary beside its peers and its limits, in one run on one thread.

    python -m tests.benchmarks [--data FOLDER] [--scale 1M] [--only 1,2] [--write]

Answers are compared before a ratio is printed. `--data` takes any folder of Polis exports instead of the conversations
beside the project; `--scale 1M` takes a million people where a hundred thousand are the rule.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks"
MODULES = {
    "1": "goal_1_real",
    "2": "goal_2_bigger",
    "3": "goal_3_limit",
    "6": "goal_6_groups",
    "7": "goal_7_refresh",
    "live": "live",
    "8": "goal_8_names",
    "9": "goal_9_loading",
    "10": "goal_10_distributed",
    "coalitions": "coalitions",
    "default": "default_method",
    "heldout": "heldout",
    "detection": "detection",
    "routing": "routing",
    "slates": "slates",
    "verifying": "verifying",
}
HEAD = f"{'goal':9}{'what':34}{'peer':28}{'Plenary':>11}{'peer':>11}{'ratio':>9}{'memory':>16}{'ratio':>7}{'aim':>8}"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    options = _options()
    for name in ONE_THREAD:  # before numpy is loaded
        os.environ[name] = "1"
    warnings.simplefilter("ignore")
    about = _about()
    print(" ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    print(HEAD, flush=True)
    rows, seconds = [], {}
    for name in options.modules:
        began = time.perf_counter()
        found = list(_printed(name, options))
        seconds[name] = round(time.perf_counter() - began, 1)
        print(f"     {name} took {seconds[name]:.0f} s", flush=True)
        rows += found
        if options.write:
            _write(found, about)
    print(f"     all of it took {sum(seconds.values()) / 60:.0f} minutes")
    missed = [row for row in rows if not row["is_met"]]
    for row in missed:
        print(f"MISSED: goal {row['goal']}, {row['name']}")
    raise SystemExit(1 if missed else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--scale", choices=("", "1M"), default="")
    parser.add_argument("--only", default="", help=f"some of {', '.join(MODULES)}")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks")
    options = parser.parse_args()
    if options.data is not None and not options.data.is_dir():
        parser.error(f"{options.data} is no folder")
    options.modules = [MODULES[name] for name in options.only.split(",") if name] or list(MODULES.values())
    return options


def _printed(module: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for row in importlib.import_module(f"tests.benchmarks.{module}").rows(options.data, options.scale):
        memory = "/".join("-" if mb is None else f"{mb:.0f}" for mb in (row.plenary_mb, row.peer_mb))
        print(
            f"{str(row.goal or '-')[:8]:<9}{row.name[:33]:34}{row.peer[:27]:28}{_seconds(row.plenary_s):>11}"
            f"{_seconds(row.peer_s):>11}{_number(row.ratio_time):>9}{memory + ' MB':>16}"
            f"{_number(row.ratio_memory):>7}{_number(row.aim):>8}{'' if row.is_met else '  missed'}",
            flush=True,
        )
        for what, figure in (row.figures or {}).items():
            print(f"     {what} {figure:.3g}" if isinstance(figure, float) else f"     {what} {figure}")
        yield row.to_json()


def _write(rows: list[dict[str, Any]], about: dict[str, str]) -> None:
    """These figures are on disk, and what a run measures after them can be cut off."""
    from tests.benchmarks.plot import plot

    DOCS.mkdir(parents=True, exist_ok=True)
    merged = _merged(rows)
    (DOCS / "latest.json").write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")
    (DOCS / "latest.svg").write_text(plot(merged), encoding="utf-8")
    (DOCS / "machine.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _merged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of this run, and of the last one those that it did not measure."""
    path = DOCS / "latest.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    measured = {(row["goal"], row["name"]) for row in rows}
    kept = [*rows, *(row for row in before if (row["goal"], row["name"]) not in measured)]
    return sorted(kept, key=lambda row: (isinstance(row["goal"], str), row["goal"]))


def _about() -> dict[str, str]:
    import numpy as np
    import scipy
    import sklearn
    from threadpoolctl import threadpool_info

    import deliberation.polis  # so that the threads of all libraries are known

    threads = {f"{pool['internal_api']} {pool.get('architecture', '')}".strip() for pool in threadpool_info()}
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "blas": ", ".join(sorted(threads)),
        "threads": str(max((pool["num_threads"] for pool in threadpool_info()), default=1)),
        "cores": str(os.cpu_count()),
        "memory": "kept when freed" if "MALLOC_MMAP_THRESHOLD_" in os.environ else "given back when freed",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "method": deliberation.polis.__name__,
    }


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _number(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


if __name__ == "__main__":
    main()
