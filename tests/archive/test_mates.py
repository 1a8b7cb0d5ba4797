"""Bags of small files, made in processes beside the deposit: the same bytes, and any process may die."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import archive.mates
from archive.bag import Intent
from archive.beside import begin_beside
from archive.crew import Hands
from archive.deposit import Wishes, deposit
from archive.finding import find
from archive.mates import Gone, Mate
from archive.planned import PlannedBag
from archive.storing import StoredBag
from archive.verifying import verify
from holdings.errors import BadInput
from holdings.house import House
from holdings.observing import Advanced, Happening
from tests.archive.helpers import files_of, keys_of
from tests.kit.houses import a_house
from tests.kit.pictures import write_pictures

FILES = 24
SMALL = Wishes(bag_bytes=8000)
"""Four or five of the pictures in each bag."""


@pytest.fixture(autouse=True)
def few_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive.mates, "_WORTH_IT_FILES", FILES)


@pytest.fixture
def stored_by_mates(monkeypatch: pytest.MonkeyPatch) -> list[Mate]:
    """The mate of each bag that one of them stored."""
    seen: list[Mate] = []
    storing = Mate.store

    def store(self: Mate, *told: object) -> StoredBag | None:
        stored = storing(self, *told)  # type: ignore[arg-type]  # passed on as they came
        seen.append(self)
        return stored

    monkeypatch.setattr(Mate, "store", store)
    return seen


@pytest.fixture
def many(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "many", FILES)
    return tmp_path / "many"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Houses in folders of their own."""
    houses: list[House] = []

    def opens(name: str, **how: object) -> House:
        (tmp_path / name).mkdir()
        houses.append(a_house(tmp_path / name, **how))  # type: ignore[arg-type]  # passed on as they came
        return houses[-1]

    yield opens
    for house in houses:
        house.close()


def is_whole(house: House, many: Path) -> bool:
    """Every image is held once, in bags without anything beside them, and can be trusted."""
    packages = house.catalogue.packages()
    return (
        sorted(image.path for image in find(house)) == sorted(path.name for path in many.iterdir())
        and len(keys_of(house.store("hot"))) == 4 * len(packages)
        and verify(house).is_good
    )


def test_the_stores_hold_the_same_bytes_as_without(
    opened: Callable[..., House],
    many: Path,
    stored_by_mates: list[Mate],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    house = opened("with")
    receipt = deposit(house, many, collection="herb", wishes=SMALL)
    assert len(receipt.bags) > 4
    assert stored_by_mates
    assert is_whole(house, many)
    assert all(mate._process.returncode == 0 for mate in stored_by_mates)
    assert deposit(house, many, collection="herb", wishes=SMALL).already_held

    monkeypatch.setattr(archive.mates, "_WORTH_IT_FILES", FILES + 1)
    stored_by_mates.clear()
    deposit(opened("without"), many, collection="herb", wishes=SMALL)
    assert not stored_by_mates
    assert files_of(tmp_path / "with/stores/hot/packages") == files_of(
        tmp_path / "without/stores/hot/packages"
    )


def test_a_mate_that_is_killed_over_a_bag_leaves_it_to_another(
    opened: Callable[..., House], many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    mates: list[Mate] = []
    beginning = Mate.__init__

    def begins(self: Mate, *told: object) -> None:
        beginning(self, *told)  # type: ignore[arg-type]  # passed on as they came
        mates.append(self)

    def kill(happening: Happening) -> None:
        # What a mate tells is heard in the thread that asked it.
        if isinstance(happening, Advanced) and happening.job.startswith("writing") and mates and not killed:
            killed.append(mates[0].pid)
            os.kill(mates[0].pid, signal.SIGKILL)

    monkeypatch.setattr(Mate, "__init__", begins)
    house = opened("house", observer=kill)
    deposit(house, many, collection="herb", wishes=SMALL)
    assert killed
    assert is_whole(house, many)


def test_where_no_process_can_begin_it_goes_on_alone(
    opened: Callable[..., House], many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(archive.mates, "begin_beside", none_left)
    house = opened("house")
    deposit(house, many, collection="herb", wishes=SMALL)
    assert is_whole(house, many)


def test_a_mate_that_cannot_begin_its_work_is_done_without(
    opened: Callable[..., House], many: Path, monkeypatch: pytest.MonkeyPatch, stored_by_mates: list[Mate]
) -> None:
    monkeypatch.setattr(archive.mates, "begin_beside", lambda _: begin_beside("archive.no_such_program"))
    house = opened("house")
    deposit(house, many, collection="herb", wishes=SMALL)
    assert not stored_by_mates
    assert is_whole(house, many)


def test_what_a_mate_finds_wrong_is_said_in_one_sentence(
    opened: Callable[..., House], many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing = Mate.store

    def store(self: Mate, planned: PlannedBag, intent: Intent) -> StoredBag | None:
        (many / planned.files[-1].file.path).unlink(missing_ok=True)
        return storing(self, planned, intent)

    def busy(*_: object) -> None:
        raise Gone

    monkeypatch.setattr(Mate, "store", store)
    monkeypatch.setattr(Hands, "store", busy)  # so that mates do it all
    house = opened("house")
    with pytest.raises(BadInput, match=r"^sheet-\d+\.\w+ could not be read: No such file") as told:
        deposit(house, many, collection="herb", wishes=SMALL)
    assert told.value.hint
    assert keys_of(house.store("hot")) == []


_DEPOSIT = """
import sys
from pathlib import Path
import archive.mates
from archive.deposit import Wishes, deposit
from holdings.observing import Advanced
from tests.kit.houses import a_house

archive.mates._WORTH_IT_FILES = 1
beginning = archive.mates.Mate.__init__

def begins(self, *told):
    beginning(self, *told)
    print(self.pid, flush=True)

def tell(happening):
    if isinstance(happening, Advanced) and happening.job.startswith("writing"):
        print("writing", flush=True)
        sys.stdin.readline()

archive.mates.Mate.__init__ = begins
with a_house(Path(sys.argv[1]), observer=tell) as house:
    deposit(house, sys.argv[2], collection="herb", wishes=Wishes(bag_bytes=8000))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
def test_who_is_stopped_leaves_no_process_behind_and_goes_on_later(
    tmp_path: Path, many: Path, number: signal.Signals
) -> None:
    (tmp_path / "house").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _DEPOSIT, tmp_path / "house", many],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout
        lines = iter(running.stdout.readline, "writing\n")
        pids = [int(line) for line in lines]
        assert pids
        (os.kill if number is signal.SIGKILL else os.killpg)(running.pid, number)
        running.communicate("\n" * 1000)
    assert running.returncode != 0
    until = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with a_house(tmp_path / "house") as house:
        deposit(house, many, collection="herb", wishes=SMALL)
        assert is_whole(house, many)


_LARGE = """
import sys
from pathlib import Path
from archive.deposit import deposit
from tests.kit.houses import a_house

with a_house(Path(sys.argv[1])) as house:
    deposit(house, sys.argv[2], collection=sys.argv[3])
"""


@pytest.mark.soak
def test_kills_of_deposits_of_6000_small_files_and_of_their_mates(tmp_path: Path) -> None:
    """HOLDFAST_KILLS says how many; every third falls on a mate alone."""
    paths = write_pictures(tmp_path / "many", 30, size=(60, 40))
    for number in range(6000 - len(paths)):
        data = paths[number % 3].read_bytes()
        (tmp_path / "many" / f"more-{number:04}{paths[number % 3].suffix}").write_bytes(
            data + b"%d" % number if paths[number % 3].suffix == ".tif" else data
        )
    (tmp_path / "house").mkdir()
    moments, seconds, met = random.Random(6), 6.0, 0
    for number in itertools.count():
        begun = time.monotonic()
        words: list[str | Path] = [
            sys.executable,
            "-c",
            _LARGE,
            tmp_path / "house",
            tmp_path / "many",
            f"deposit-{number}",
        ]
        with subprocess.Popen(words, cwd=Path(__file__).resolve().parents[2]) as running:
            while met < int(os.environ.get("HOLDFAST_KILLS", "30")) and running.poll() is None:
                time.sleep(moments.uniform(0.02, 1.0) * seconds / 2)
                mates = _mates_of(running.pid)
                if met % 3 == 0 and mates:
                    os.kill(mates[0], signal.SIGKILL)
                elif met % 3 and running.poll() is None:
                    running.kill()
                else:
                    continue
                met += 1
        if running.returncode == -signal.SIGKILL:
            with subprocess.Popen(words, cwd=Path(__file__).resolve().parents[2]) as running:
                pass  # it may meet the mates of the one before
        assert running.returncode == 0
        seconds = min(seconds, time.monotonic() - begun)
        with a_house(tmp_path / "house") as house:
            packages = [each for each in house.catalogue.packages() if each.collection == f"deposit-{number}"]
            assert sum(package.images for package in packages) == 6000
            assert len(keys_of(house.store("hot"))) == 4 * len(house.catalogue.packages())
            if met >= int(os.environ.get("HOLDFAST_KILLS", "30")):
                assert verify(house).is_good
                return


def _mates_of(pid: int) -> list[int]:
    """The processes of a deposit that are mates of it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    with suppress(OSError):
        return [
            int(child)
            for child in children.read_text().split()
            if b"archive.mate" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
    return []
