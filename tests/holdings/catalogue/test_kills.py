"""kill -9 while records are written: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdings.catalogue.interface import Catalogue
from holdings.catalogue.rebuilding import rebuild_catalogue
from tests.holdings.catalogue.fakes import hold
from tests.holdings.catalogue.test_rebuilding import everything
from tests.kit.engines import Engine
from tests.kit.houses import a_house
from tests.kit.postgres import Postgres

_WRITER = """
import sys
from itertools import count
from pathlib import Path
from holdings.catalogue.interface import Entry
from holdings.catalogue.keeping import keeper_of
from holdings.settings import read_settings
from tests.holdings.catalogue.light import a_bare_package, a_copy, an_event
catalogue = keeper_of(read_settings(Path(sys.argv[1]))).open()
first = int(sys.argv[2])
for number in count(first):
    name = f"nhm-{number}"
    entry = Entry(
        packages=[a_bare_package(name)],
        copies=[a_copy(name, store) for store in ("hot", "cold")],
        events=[an_event(name) for _ in range(3)],
    )
    print("begins", flush=True)
    catalogue.record(entry)
    print(name, flush=True)
"""


def write_until_killed(path: Path, first: int, seconds: float, *, after: str = "begins") -> list[str]:
    """Names of packages that were acknowledged before the kill.

    after : the seconds are counted from the first line that begins so.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), str(first)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said: list[str] = []
    while not said or not said[-1].startswith(after):
        said.append(process.stdout.readline())
        assert said[-1], "the writer ended by itself"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    return [line for line in "".join([*said, rest]).splitlines() if line.startswith("nhm-")]


def kill_often(path: Path, catalogue: Catalogue, kills: int, seed: int) -> None:
    moments = random.Random(seed)
    acknowledged: set[str] = set()
    for number in range(kills):
        # The last round is killed after an acknowledgement, however slow the machine is.
        after = "nhm-" if number == kills - 1 else "begins"
        seconds = moments.uniform(0, 0.3)
        acknowledged |= set(write_until_killed(path, 10_000 * number, seconds, after=after))
        held = {package.package_id for package in catalogue.packages()}
        assert acknowledged <= held
        copies = [copy.package_id for copy in catalogue.copies()]
        events = [event.package_id for event in catalogue.events()]
        assert all(copies.count(name) == 2 and events.count(name) == 3 for name in held)
        assert set(copies) == set(events) == held
        assert all(len(package.objects) == 2 for package in catalogue.packages())
    assert acknowledged


def test_acknowledged_records_outlive_a_kill(engine: Engine, catalogue: Catalogue) -> None:
    kill_often(engine.settings.path, catalogue, kills=2, seed=1)


@pytest.mark.soak
def test_acknowledged_records_outlive_many_kills(engine: Engine, catalogue: Catalogue) -> None:
    kill_often(engine.settings.path, catalogue, kills=120, seed=2)


_REBUILD = """
import sys
from pathlib import Path
from holdings.catalogue.rebuilding import rebuild_catalogue
from holdings.settings import read_settings
settings = read_settings(Path(sys.argv[1]))
print("begins", flush=True)
while True:
    rebuild_catalogue(settings)
"""


def kill_rebuilds(folder: Path, server: Postgres | None, kills: int, seed: int) -> None:
    with a_house(folder) as house:
        for name in ("nhm-a", "nhm-b"):
            hold(house, name, "hot", "cold")
        before = everything(house)
        moments = random.Random(seed)
        for _ in range(kills):
            process = subprocess.Popen(
                [sys.executable, "-c", _REBUILD, str(house.settings.path)], stdout=subprocess.PIPE, text=True
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "begins\n"
            time.sleep(moments.uniform(0, 1))
            process.kill()
            process.communicate(timeout=30)
            assert everything(house) == before
        rebuild_catalogue(house.settings)
        assert everything(house) == before
        assert not list(house.settings.catalogue.folder.glob(".*"))
        if server is not None:
            schema = house.settings.catalogue.schema_name
            left = server.ask(
                "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", schema + "_new"
            )
            assert left == []


def test_a_killed_rebuild_leaves_the_old_catalogue_or_the_new_one(tmp_path: Path, engine: Engine) -> None:
    kill_rebuilds(tmp_path / "house", engine.server, kills=2, seed=3)


@pytest.mark.soak
def test_many_killed_rebuilds_leave_the_old_catalogue_or_the_new_one(tmp_path: Path, engine: Engine) -> None:
    kill_rebuilds(tmp_path / "house", engine.server, kills=80, seed=4)
