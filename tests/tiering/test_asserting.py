"""A store's own word on what sleeps in it: told, kept apart from readings, and never enough to remove on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import asserting
from archive.asserting import Word
from archive.verifying import Finding, verify
from holdings.clock import FixedClock
from holdings.errors import NotOnline
from holdings.house import House
from holdings.records import MANIFEST_NAME, CopyStatus, EventType, Package
from holdings.stores.interface import Store, ToldSum
from holdings.stores.memory import MemoryStore
from holdings.stores.wrapper import Answer, Wrapper
from tests.kit.engines import Engine
from tests.kit.houses import TEST_TIME
from tests.tiering.builders import a_policy, a_rule
from tests.tiering.holding import (
    TWO_STORES,
    a_memory_house,
    deposit,
    emptied,
    flip_a_bit,
    lose,
    statuses,
    with_stores,
)
from tiering.applying import apply_plan
from tiering.auditing import audit
from tiering.planning import make_plan
from tiering.policy.model import RemovalCeilings
from tiering.repairing import repair
from tiering.status import status
from tiering.totalling import asserted_in

V, S, M = CopyStatus.VERIFIED, CopyStatus.SUSPECT, CopyStatus.MISSING
BOTH = a_policy(a_rule({"hot": 1, "cold": 1}, domains=2))
SLEEPING = TWO_STORES.replace("local-cold", "s3-deep-archive")
LATER = TEST_TIME + timedelta(days=30)


class Cold(Wrapper):
    """Sleeps, when it is told to, and tells sums as S3 does: of all bytes, of parts, or none."""

    def __init__(self, inner: Store, *, algorithm: str | None = "SHA256", of_all_bytes: bool = True) -> None:
        super().__init__(inner)
        self.algorithm, self.of_all_bytes = algorithm, of_all_bytes
        self.sleeps = False
        self.lies: dict[str, str] = {}
        """Sums that it tells whatever the bytes are, by key."""
        self.woken: set[str] = set()

    def warm(self, key: str, *, days: int = 7) -> None:
        super().warm(key, days=days)
        self.woken.add(key)

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if self.sleeps and verb in ("get", "get_whole", "get_range") and key.startswith("packages/"):
            raise NotOnline(f"{key} sleeps in {self.name}.")
        return super()._ask(verb, key, call)

    def told_sum(self, key: str) -> ToldSum:
        # The manifest is small, and so put whole with its SHA-256.
        plain = self.of_all_bytes or (key.endswith(MANIFEST_NAME) and self.algorithm is not None)
        kind = "SHA256" if key.endswith(MANIFEST_NAME) and self.algorithm else self.algorithm
        value = self.lies.get(key) or self._sum(key, whole=plain and kind == "SHA256")
        return replace(super().told_sum(key), algorithm=kind, value=value, of_all_bytes=plain)

    def _sum(self, key: str, *, whole: bool) -> str:
        data = b"".join(self._inner.get(key))
        if whole:
            return base64.b64encode(hashlib.sha256(data).digest()).decode()
        return base64.b64encode(hashlib.sha256(b"of parts" + data).digest()).decode() + "-1"


@pytest.fixture(scope="module")
def sleeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_memory_house(tmp_path_factory.mktemp("sleeping"), stores=SLEEPING) as house:
        yield house


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """The few bytes of these tests stand for objects that come in parts."""
    monkeypatch.setattr(asserting, "SMALL_BYTES", 0)


@pytest.fixture
def house(sleeping: House) -> House:
    bare = emptied(sleeping)
    return with_stores(bare, cold=Cold(bare.store("cold")))


def cold(house: House) -> Cold:
    store = house.store("cold")
    assert isinstance(store, Cold)
    return store


def asleep(house: House, *numbers: int) -> tuple[House, list[Package]]:
    """Packages with a proven copy in each store; then a month goes by, and the cold one sleeps."""
    packages = [deposit(house, number) for number in numbers or (1,)]
    assert apply_plan(house, make_plan(house, BOTH, at=TEST_TIME), BOTH).complete
    cold(house).sleeps = True
    return replace(house, clock=FixedClock(LATER)), packages


def test_stores_are_asked_by_turns_of_what_sleeps(house: House) -> None:
    later, packages = asleep(house, 1, 2)
    nights = [replace(later, clock=FixedClock(LATER + timedelta(days=days))) for days in (0, 1, 2)]
    told = [[each.package_id for each in audit(night, share=1 / 2).asserted] for night in nights]
    first, second = sorted(package.package_id for package in packages)
    assert told == [[first], [second], [first]]


def read_at(house: House, package: Package, store: str = "cold") -> object:
    (copy,) = house.catalogue.copies(package_id=package.package_id, store=store)
    return copy.verified_at


@pytest.mark.parametrize(
    ("algorithm", "of_all_bytes"),
    [("SHA256", True), ("SHA256", False), ("CRC64NVME", True)],
    ids=["of all bytes", "of parts, kept since it was read", "another kind, kept since it was read"],
)
def test_what_the_store_tells_is_recorded_as_that_and_renews_nothing(
    house: House, algorithm: str, of_all_bytes: object
) -> None:
    cold(house).algorithm, cold(house).of_all_bytes = algorithm, bool(of_all_bytes)
    later, (package,) = asleep(house)
    found = audit(later)
    assert [(each.store, each.word) for each in found.asserted] == [("cold", Word.SAME)]
    assert (found.wrong, found.unknown, [copy.store for copy in found.copies]) == ([], [], ["hot"])
    (event,) = house.catalogue.events(package_id=package.package_id, types=[EventType.ASSERTION])
    assert (event.store, event.detail) == ("cold", {"evidence": "told by the store, not read"})
    assert statuses(house, package) == {"hot": V, "cold": V}
    assert (read_at(house, package), read_at(house, package, "hot")) == (TEST_TIME, LATER)


def test_a_copy_that_is_due_stays_due_whatever_its_store_says(house: House) -> None:
    later, _ = asleep(house)
    late = replace(later, clock=FixedClock(TEST_TIME + timedelta(days=1000)))
    audit(late)
    assert [(due.store, due.copies) for due in status(late, BOTH, at=late.clock.now()).due] == [("cold", 1)]


def test_a_store_that_tells_what_it_was_told_whatever_became_of_the_bytes_fools_nobody(house: House) -> None:
    """It lies while the copy sleeps: that is weak evidence. The first reading finds the damage."""
    later, (package,) = asleep(house)
    key = package.prefix + "part-0.bin"
    cold(house).lies[key] = cold(house).told_sum(key).value
    flip_a_bit(cold(house)._inner, key)
    assert [each.word for each in audit(later).asserted] == [Word.SAME]
    # Whoever wants to rely on it for a removal must read it, and cannot while it sleeps.
    allowed = RemovalCeilings(packages=9, size_bytes=10**12, share=1.0)
    only_cold = a_policy(a_rule({"cold": 1}), removal=allowed)
    plan = make_plan(later, only_cold, at=LATER)
    applied = apply_plan(later, plan, only_cold)
    assert (len(plan.removals), applied.removed, len(applied.kept)) == (1, (), 1)
    assert statuses(house, package)["hot"] is V
    cold(house).sleeps = False
    assert [copy.store for copy in audit(later).wrong] == ["cold"]
    assert statuses(house, package)["cold"] is S


def test_what_the_store_itself_calls_other_bytes_is_suspect(house: House) -> None:
    later, (package, other) = asleep(house, 1, 2)
    flip_a_bit(cold(house)._inner, package.prefix + "part-0.bin")
    found = audit(later)
    assert [(copy.package_id, copy.finding, copy.told) for copy in found.wrong] == [
        (package.package_id, Finding.CORRUPT, Word.OTHER)
    ]
    assert "it was not read" in (found.wrong[0].because or "")
    assert statuses(house, package)["cold"] is S
    assert statuses(house, other)["cold"] is V
    # Nothing is replaced unread; once it is awake, repair mends it.
    assert "repair --wake asks for it" in (repair(later)[0].because or "")
    assert cold(house).woken == set()
    assert "was asked for in cold" in (repair(later, wakes=True)[0].because or "")
    assert {key.rpartition("/")[2] for key in cold(house).woken} == {
        "part-0.bin",
        "part-1.bin",
        MANIFEST_NAME,
    }
    cold(house).sleeps = False
    assert repair(later)[0].because is None
    assert statuses(house, package) == {"hot": V, "cold": V}


def test_what_is_gone_while_it_sleeps_is_missing(house: House) -> None:
    later, (package,) = asleep(house)
    lose(cold(house)._inner, package.prefix + "part-1.bin")
    assert [copy.finding for copy in audit(later).wrong] == [Finding.MISSING]
    assert statuses(house, package)["cold"] is M


def test_one_wrong_answer_accuses_nobody(house: House) -> None:
    later, (package,) = asleep(house)
    right, key = Cold.told_sum, package.prefix + "part-0.bin"
    wrong = iter([True])

    class Once(Cold):
        def told_sum(self, asked: str) -> ToldSum:
            told = right(self, asked)
            return replace(told, value="A" * 43 + "=") if asked == key and next(wrong, False) else told

    once = Once(cold(house)._inner)
    once.sleeps = True
    assert [each.word for each in audit(with_stores(later, cold=once)).asserted] == [Word.SAME]


def test_a_store_that_calls_everything_other_bytes_is_not_believed(house: House) -> None:
    later, packages = asleep(house, *range(1, 13))
    for package in packages:
        cold(house).lies[package.prefix + "part-0.bin"] = "A" * 43 + "="
    found = audit(later)
    assert (found.wrong, {each.word for each in found.asserted}) == ([], {Word.NOTHING})
    assert "12 copies at once" in (found.asserted[0].because or "")
    assert all(statuses(house, package)["cold"] is V for package in packages)


@pytest.mark.parametrize("algorithm", [None, "SHA256"])
def test_what_cannot_be_compared_is_said_so(house: House, algorithm: str | None) -> None:
    cold(house).algorithm, cold(house).of_all_bytes = None, False
    later, (package,) = asleep(house)
    cold(house).algorithm = algorithm
    (told,) = audit(later).asserted
    assert (told.word, told.because and package.prefix in told.because) == (Word.NOTHING, True)
    assert not house.catalogue.events(types=[EventType.ASSERTION])


def test_verify_tells_the_same_and_calls_nothing_good_that_it_did_not_read(house: House) -> None:
    later, (package,) = asleep(house)
    found = verify(later)
    by_store = {copy.store: copy for copy in found.copies}
    assert (by_store["hot"].finding, by_store["cold"].finding) == (Finding.GOOD, Finding.ASLEEP)
    assert by_store["cold"].told is Word.SAME
    assert not found.is_good
    assert len(house.catalogue.events(types=[EventType.ASSERTION])) == 1
    assert read_at(house, package) == TEST_TIME
    flip_a_bit(cold(house)._inner, package.prefix + "part-0.bin")
    assert {copy.finding for copy in verify(later, store="cold").copies} == {Finding.CORRUPT}
    assert statuses(house, package)["cold"] is S


def test_a_store_that_does_not_answer_has_said_nothing(house: House) -> None:
    later, (package,) = asleep(house)

    class Silent(Cold):
        def told_sum(self, key: str) -> ToldSum:
            raise NotOnline(f"{key} is not told of.")

    silent = Silent(cold(house)._inner)
    silent.sleeps = True
    (told,) = audit(with_stores(later, cold=silent)).asserted
    assert (told.word, statuses(house, package)["cold"]) == (Word.NOTHING, V)


@pytest.mark.parametrize("small_bytes", [0, 4 << 20])
def test_nothing_is_asked_of_a_store_that_never_sleeps_nor_of_what_is_small(
    house: House, monkeypatch: pytest.MonkeyPatch, small_bytes: int
) -> None:
    monkeypatch.setattr(asserting, "SMALL_BYTES", small_bytes)
    asked: list[str] = []

    class Asked(Wrapper):
        def told_sum(self, key: str) -> ToldSum:
            asked.append(self.name)
            return super().told_sum(key)

    watched = with_stores(house, hot=Asked(house.store("hot")), cold=Asked(house.store("cold")))
    deposit(watched, 1)
    assert apply_plan(watched, make_plan(watched, BOTH, at=TEST_TIME), BOTH).complete
    assert not audit(watched).wrong
    assert set(asked) == (set() if small_bytes else {"cold"})


def test_a_night_is_the_same_on_either_catalogue(engine: Engine, tmp_path: Path) -> None:
    """Copied, put to sleep, told of, read again, given up: on a file, and on a server."""
    with a_memory_house(tmp_path / "night", stores=SLEEPING) as opened:
        stores = {name: MemoryStore(name, clock=FixedClock(LATER)) for name in ("hot", "cold")}
        house = with_stores(opened, hot=stores["hot"], cold=Cold(stores["cold"]))
        cold(house).of_all_bytes = False  # so that what was told at the copying has to be remembered
        later, (package, other) = asleep(house, 1, 2)
        assert [each.word for each in audit(later).asserted] == [Word.SAME, Word.SAME]
        (totals,) = asserted_in(later, ["cold"])
        assert (totals.store, totals.copies, totals.oldest) == ("cold", 2, LATER)
        assert [(due.store, due.copies) for due in status(later, BOTH, at=LATER).due] == []
        cold(house).sleeps = False
        lose(cold(house)._inner, other.prefix + "part-0.bin")
        assert [copy.finding for copy in audit(later).wrong] == [Finding.MISSING]
        assert asserted_in(later, ["cold"]) == []
        assert [each.because for each in repair(later)] == [None]
        allowed = RemovalCeilings(packages=9, size_bytes=10**12, share=1.0)
        only_cold = a_policy(a_rule({"cold": 1}), removal=allowed, settle_days=0)
        applied = apply_plan(later, make_plan(later, only_cold, at=LATER), only_cold)
        assert (len(applied.removed), applied.kept) == (2, ())
        assert statuses(house, package) == {"hot": CopyStatus.RETIRED, "cold": V}
        assert type(house.catalogue).__name__.lower().startswith(engine.name)
