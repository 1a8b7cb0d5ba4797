"""A plan for a million packages, as the command makes it: the catalogue read, the plan priced and written.

    python -m benchmarks.planning                       # a million packages, 1 % of them to move
    python -m benchmarks.planning --packages 100000 --moving 1

Packages, copies and their history are made up in a DuckDB catalogue; no object is written anywhere.
The command is timed as a whole, its start and the file that it writes included, and so is deciding
alone, in a process that has read the tables.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import duckdb

from benchmarks.measuring import machine, took
from holdings.opening import open_house
from holdings.settings import read_settings
from holdings.settings.template import write_template

_AT = "2026-03-01T12:00:00Z"
_HOLDFAST = [sys.executable, "-c", "from service.cli.main import main; main()"]
_MADE = """
INSERT INTO packages
SELECT format('bench-{:012x}', n), 'bag', 'bench', TIMESTAMP '2024-01-01' + n * INTERVAL 10 SECOND, 40
FROM range($packages) AS made(n);
INSERT INTO objects
SELECT package_id, key, size_bytes, repeat('a', 64) FROM packages,
    (VALUES ('bag.tar', 600_000_000), ('index.parquet', 40_000), ('log', 9_000)) AS t(key, size_bytes);
INSERT INTO copies
SELECT package_id, 'hot', 'verified', TIMESTAMP '2026-02-01', 'bench' FROM packages;
INSERT INTO copies
SELECT format('bench-{:012x}', n), 'cold', 'verified', TIMESTAMP '2026-02-01', 'bench'
FROM range($packages) AS made(n) WHERE n % 100 >= $moving;
INSERT INTO events
SELECT format('20240101T000000000000-{:015x}', n), TIMESTAMP '2024-01-01' + n * INTERVAL 10 SECOND,
    'ingestion', format('bench-{:012x}', n), 'hot', 'bench', 'success', 'bench',
    '{"size_bytes":600049000,"seconds":3.0}'
FROM range($packages) AS made(n);
"""
_POLICY = """
[[rules]]
name = "everything is in both places"
where = "kind = 'bag' and age_days >= 30"
copies = { hot = 1, cold = 1 }
domains = 2
because = "one place is no place"

[[rules]]
name = "what is young is hot"
where = "true"
copies = { hot = 1 }
because = "it is being worked with"
"""


def main() -> None:
    """Make the catalogue, plan, print the line."""
    asked = _arguments()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=asked.folder) as place:
        folder = Path(place)
        # In another process: what a program is said to take at most includes what its parent held.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            other.submit(_make, folder, asked.packages, asked.moving).result()
        settings, plan = str(folder / "holdfast.toml"), str(folder / "plan.json")
        words = [*_HOLDFAST, "tier", "plan", "--now", _AT, "-o", plan, "--settings", settings]
        whole = took(words, log=folder / "log.txt")
        totals = json.loads(Path(plan).read_bytes())["totals"]
        print(f"{totals['packages']:,} packages, {totals['moves']:,} moves, the whole command: ", end="")
        print(f"{whole.wall_seconds:.1f} s, {whole.cpu_seconds:.1f} CPU s, ", end="")
        print(f"at most {whole.peak_bytes / 1e6:.0f} MB", flush=True)
        took(
            [sys.executable, "-m", "benchmarks.planning", "--decide", str(folder)], log=folder / "decided.txt"
        )
        print((folder / "decided.txt").read_text(), end="")


def _make(folder: Path, packages: int, moving: int) -> None:
    write_template(folder)
    (folder / "policy.toml").write_text(_POLICY)
    settings = read_settings(folder / "holdfast.toml")
    open_house(settings).close()
    with duckdb.connect(settings.catalogue.path) as connection:
        for statement in filter(str.strip, _MADE.split(";\n")):
            # Our own words; the parameters are numbers.
            connection.execute(statement.replace("$packages", str(packages)).replace("$moving", str(moving)))


def _decide(folder: Path) -> None:
    from tiering.circumstances import Circumstances  # noqa: PLC0415  # in the process that is measured only
    from tiering.deciding import decide  # noqa: PLC0415
    from tiering.planning import store_facts, store_sheets  # noqa: PLC0415
    from tiering.policy import read_policy  # noqa: PLC0415

    with open_house(read_settings(folder / "holdfast.toml")) as house:
        packages, copies = house.catalogue.package_table(), house.catalogue.copy_table()
        policy, facts = read_policy(house.settings.policy), store_facts(house, store_sheets(house))
        at = datetime.fromisoformat(_AT).astimezone(UTC)
        began, cpu = time.perf_counter(), time.process_time()
        found = decide(packages, copies, facts, policy, at=at, around=Circumstances())
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        print(
            f"deciding alone, {len(found.moves):,} moves: {seconds:.1f} s, {cpu_seconds:.1f} CPU s; "
            f"with both tables {peak / 1e6:.0f} MB at most"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packages", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--moving", type=int, default=1, metavar="PERCENT", help="of them, to be copied")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work; the usual temporary one else"
    )
    parser.add_argument("--decide", type=Path, default=None, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    _chosen = _arguments().decide
    main() if _chosen is None else _decide(_chosen)
