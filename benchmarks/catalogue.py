"""What the catalogue takes as a file and on a server: to fill it, to plan from it, to ask it, to change it.

    python -m benchmarks.catalogue --packages 100000

The server is started for the run, on this machine's loopback: a network adds its round trips, and
other machines their work. Packages are made up (one object and one copy each, in two stores).
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from holdings.catalogue.interface import Catalogue, Entry
from holdings.catalogue.keeping import keeper_of
from holdings.catalogue.leasing import Lease, Purpose
from holdings.records import Copy, CopyStatus, Package, PackageKind, StoredObject
from holdings.settings import read_settings
from holdings.settings.template import write_template

AT = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 50_000
_TIMES = 50


def main() -> None:
    """Measure both, print a line for each thing that was done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packages", type=int, default=100_000, metavar="N")
    asked = parser.parse_args()
    from tests.kit.postgres import running_postgres  # noqa: PLC0415  # as the tests start it

    with tempfile.TemporaryDirectory() as name, running_postgres() as server:
        os.environ.update(server.environment)
        print(f"{asked.packages:,} packages; seconds on the clock, and CPU seconds of this process")
        for engine, line in (("file", None), ("server", f'url = "{server.url()}"')):
            _measure(engine, Path(name) / engine, line, asked.packages)


def _measure(engine: str, folder: Path, line: str | None, packages: int) -> None:
    write_template(folder)
    settings = folder / "holdfast.toml"
    if line is not None:
        settings.write_text(settings.read_text().replace('path = "catalogue/catalogue.duckdb"', line))
    keeper = keeper_of(read_settings(settings))
    keeper.create("0" * 32)
    catalogue = keeper.open()
    names = [f"herb-{number:012x}" for number in range(packages)]
    _took(engine, "fill", lambda: _fill(catalogue, names))
    _took(engine, "package_table and copy_table", lambda: (catalogue.package_table(), catalogue.copy_table()))
    some = names[:: max(1, packages // _TIMES)][:_TIMES]
    _took(engine, f"{_TIMES} x one package and its copies", lambda: _each(some, partial(_ask, catalogue)))
    moving = f"{_TIMES} x lease, record a move, give back"
    _took(engine, moving, lambda: _each(some, partial(_move, catalogue)))
    catalogue.close()
    keeper.close()


def _each(names: list[str], work: Callable[[str], None]) -> None:
    for name in names:
        work(name)


def _took(engine: str, what: str, work: Callable[[], object]) -> None:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"  {engine:7} {what:42} {time.perf_counter() - began:8.2f} s {cpu:8.2f} CPU s")


def _fill(catalogue: Catalogue, names: list[str]) -> None:
    for begin in range(0, len(names), _AT_ONCE):
        some = names[begin : begin + _AT_ONCE]
        copies = [_copy(name, store, CopyStatus.VERIFIED) for name in some for store in ("hot", "cold")]
        catalogue.record(Entry(packages=[_package(name) for name in some], copies=copies))


def _ask(catalogue: Catalogue, name: str) -> None:
    assert catalogue.package(name).objects
    assert len(catalogue.copies(package_id=name)) == 2


def _move(catalogue: Catalogue, name: str) -> None:
    lease = Lease(package_id=name, holder="us", purpose=Purpose.REMOVING, until=AT + timedelta(minutes=15))
    assert catalogue.lease([lease], now=AT)
    before = _copy(name, "hot", CopyStatus.VERIFIED)
    catalogue.record(Entry(copies=[_copy(name, "hot", CopyStatus.RETIRED)], expecting=[before]))
    catalogue.give_back("us", [name])


def _package(name: str) -> Package:
    return Package(
        package_id=name,
        kind=PackageKind.BAG,
        collection="herb",
        created_at=AT,
        objects=(StoredObject(key="bag.tar", size_bytes=10**9, sha256="a" * 64),),
        images=1000,
    )


def _copy(name: str, store: str, status: CopyStatus) -> Copy:
    return Copy(package_id=name, store=store, status=status, verified_at=AT, made_by="run-1")


if __name__ == "__main__":
    main()
