"""What was done behind our back is found, named, recorded, and mended from what was proven."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.verifying import Finding
from holdings.catalogue.interface import Entry
from holdings.clock import FixedClock
from holdings.errors import BadInput, NotOnline, Transient
from holdings.house import House
from holdings.records import MANIFEST_NAME, CopyStatus, EventType, Package
from holdings.stores.agent import AGENT
from holdings.stores.faulty import Crashed, Fault, FaultyStore, scripted
from holdings.stores.interface import Buffer, Store, Written
from holdings.stores.wrapper import Answer, Wrapper
from tests.kit.houses import TEST_TIME
from tests.tiering.builders import a_policy, a_rule
from tests.tiering.holding import (
    TWO_STORES,
    a_memory_house,
    deposit,
    dying,
    emptied,
    flip_a_bit,
    is_whole,
    lose,
    statuses,
    with_stores,
)
from tiering.applying import apply_plan
from tiering.auditing import audit
from tiering.logs import import_log
from tiering.planning import make_plan
from tiering.reads import reads_before
from tiering.repairing import QUARANTINE, repair

V, S, M = CopyStatus.VERIFIED, CopyStatus.SUSPECT, CopyStatus.MISSING
BOTH = a_policy(a_rule({"hot": 1, "cold": 1}, domains=2))


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_memory_house(tmp_path_factory.mktemp("two"), stores=TWO_STORES) as house:
        yield house


@pytest.fixture
def house(two_stores: House) -> House:
    return emptied(two_stores)


def in_both(house: House, number: int = 1) -> Package:
    package = deposit(house, number)
    assert apply_plan(house, make_plan(house, BOTH, at=TEST_TIME), BOTH).complete
    return package


@pytest.mark.parametrize("hurt", [flip_a_bit, lose])
@pytest.mark.parametrize("part", ["part-0.bin", MANIFEST_NAME])
def test_damage_is_found_named_recorded_and_mended(
    house: House, hurt: Callable[..., None], part: str
) -> None:
    package, other = in_both(house, 1), in_both(house, 2)
    hurt(house.store("cold"), package.prefix + part)
    found = audit(house)
    (wrong,) = found.wrong
    assert (wrong.package_id, wrong.store) == (package.package_id, "cold")
    assert wrong.finding is (Finding.MISSING if hurt is lose else Finding.CORRUPT)
    assert package.prefix + part in (wrong.because or "")
    assert statuses(house, package) == {"hot": V, "cold": M if hurt is lose else S}
    (mended,) = repair(house)
    assert (mended.source, mended.because, len(mended.set_aside)) == ("hot", None, int(hurt is flip_a_bit))
    assert is_whole(house.store("cold"), package)
    assert statuses(house, package) == statuses(house, other) == {"hot": V, "cold": V}
    assert len(list(house.store("cold").list(QUARANTINE))) == len(mended.set_aside)
    assert not audit(house).wrong
    assert repair(house) == []
    assert house.catalogue.events(types={EventType.RECOVERY})[0].detail["source"] == "hot"


def test_the_last_copy_is_not_touched_where_there_is_nothing_to_mend_it_from(house: House) -> None:
    package = deposit(house, 1)
    flip_a_bit(house.store("hot"), package.prefix + "part-0.bin")
    assert len(audit(house).wrong) == 1
    before = [info.version for info in house.store("hot").list()]
    (kept,) = repair(house)
    assert "nothing to mend" in (kept.because or "")
    assert [info.version for info in house.store("hot").list()] == before


def test_a_repair_that_is_cut_short_anywhere_is_made_by_the_next(house: House) -> None:
    for number in range(1, 22):
        fresh = emptied(house)
        package = in_both(fresh)
        flip_a_bit(fresh.store("cold"), package.prefix + "part-1.bin")
        audit(fresh)
        script = scripted({("*", number): Fault.CRASH_AFTER if number % 2 else Fault.CRASH_BEFORE})
        with dying():
            repair(with_stores(fresh, cold=FaultyStore(fresh.store("cold"), script)))
        repair(fresh)
        assert is_whole(fresh.store("cold"), package), number
        assert statuses(fresh, package) == {"hot": V, "cold": V}
        assert is_whole(fresh.store("hot"), package)


def test_objects_that_nobody_knows_are_surprises(house: House) -> None:
    package = in_both(house)
    house.store("cold").put("packages/nhmuk-ffffffffffff/bag.tar", b"whose?")
    house.store("hot").put(package.prefix + "more.bin", b"?")
    told = {(each.store, each.key): each.says for each in audit(house).surprises}
    assert told == {
        ("cold", "packages/nhmuk-ffffffffffff/bag.tar"): "no package of that name is in the catalogue",
        ("hot", package.prefix + "more.bin"): "its package has no such object",
    }


def test_the_oldest_reading_comes_first_and_stores_take_turns(house: House) -> None:
    packages = [in_both(house, number) for number in (1, 2, 3)]
    for days, package in enumerate(packages):
        (hot,) = house.catalogue.copies(package_id=package.package_id, store="hot")
        house.catalogue.record(
            Entry(copies=[replace(hot, verified_at=TEST_TIME - timedelta(days=100 - days))])
        )
    found = audit(house, share=1 / 3)
    assert [(copy.package_id, copy.store) for copy in found.copies] == [
        (packages[0].package_id, "hot"),
        (packages[0].package_id, "cold"),
    ]
    assert found.left == 4
    assert len(audit(house, budget_bytes=1).copies) == 1
    assert audit(house, budget_bytes=2 * packages[0].size_bytes + 1).left == 4


def test_what_nobody_can_mend_does_not_come_first_every_night(house: House) -> None:
    packages = [deposit(house, number) for number in (1, 2, 3)]
    lost, *others = sorted(package.package_id for package in packages)
    flip_a_bit(house.store("hot"), f"packages/{lost}/part-0.bin")
    nights = [replace(house, clock=FixedClock(TEST_TIME + timedelta(days=days))) for days in (1, 2, 3, 4)]
    seen = [[copy.package_id for copy in audit(night, share=1 / 3).copies] for night in nights]
    assert seen == [[lost], [others[0]], [others[1]], [lost]]


class Asleep(Wrapper):
    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb in ("get", "get_whole") and key.startswith("packages/"):
            raise NotOnline(f"{key} sleeps.")
        return super()._ask(verb, key, call)


def test_what_sleeps_is_left_asleep_and_not_condemned(house: House) -> None:
    package = in_both(house)
    found = audit(with_stores(house, cold=Asleep(house.store("cold"))))
    assert (found.asleep, found.wrong, found.unknown) == ([(package.package_id, "cold")], [], [])
    assert statuses(house, package)["cold"] is V


def test_a_store_that_is_away_is_told_and_not_condemned(house: House) -> None:
    package = in_both(house)
    away = FaultyStore(house.store("cold"), lambda *_: Fault.NO_EFFECT)
    found = audit(with_stores(house, cold=away))
    assert ([name for name, _ in found.unlisted], len(found.unknown), found.wrong) == (["cold"], 1, [])
    assert statuses(house, package)["cold"] is V


class Unreadable(Wrapper):
    """Tells of these objects and does not give them, as a server whose disk holds a flipped bit."""

    def __init__(self, inner: Store, *keys: str) -> None:
        super().__init__(inner)
        self.keys = keys

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb in ("get", "get_whole") and key in self.keys and self._inner.head(key):
            raise Transient(f"{self.name} did not answer well about {key}: InternalError.")
        return super()._ask(verb, key, call)


def test_what_a_store_tells_of_and_does_not_give_is_suspect_and_mended(house: House) -> None:
    hurt, other = in_both(house, 1), in_both(house, 2)
    cold = Unreadable(house.store("cold"), hurt.prefix + "part-0.bin")
    found = audit(with_stores(house, cold=cold))
    assert [(copy.package_id, copy.store) for copy in found.wrong] == [(hurt.package_id, "cold")]
    assert "answers, and does not give it" in (found.wrong[0].because or "")
    assert statuses(house, hurt) == {"hot": V, "cold": S}
    cold._inner = Gives(house.store("cold"), cold)
    (repaired,) = repair(with_stores(house, cold=cold))
    assert (repaired.because, repaired.set_aside) == (None, ())
    assert is_whole(house.store("cold"), hurt)
    assert statuses(house, hurt) == statuses(house, other) == {"hot": V, "cold": V}


class Gives(Wrapper):
    """What is put anew can be read."""

    def __init__(self, inner: Store, outer: Unreadable) -> None:
        super().__init__(inner)
        self.outer = outer

    def put(self, key: str, data: Buffer) -> Written:
        written = super().put(key, data)
        self.outer.keys = tuple(each for each in self.outer.keys if each != key)
        return written


def test_many_at_once_that_are_not_given_are_an_outage(house: House) -> None:
    packages = [in_both(house, number) for number in range(1, 14)]
    keys = [package.prefix + "part-0.bin" for package in packages[1:]]
    found = audit(with_stores(house, cold=Unreadable(house.store("cold"), *keys)))
    # The whole one, too, where the store was given up before its turn came.
    assert len(found.unknown) in (12, 13)
    assert found.wrong == []
    assert all(statuses(house, package) == {"hot": V, "cold": V} for package in packages)


S3_LINE = (
    'owner bucket [20/Feb/2026:10:00:0{n} +0000] 192.0.2.3 - ABC REST.{verb}.OBJECT {key} "GET /x HTTP/1.1" '
    '{status} - 113 113 7 - "-" "-" -\n'
)


def test_logs_of_s3_tell_who_was_read(house: House, tmp_path: Path) -> None:
    package = in_both(house)
    key = package.prefix + "part-0.bin"
    lines = [
        S3_LINE.format(n=1, verb="GET", key=key, status=206),
        S3_LINE.format(n=2, verb="GET", key=f"some/prefix/{key}", status=200),
        S3_LINE.format(n=3, verb="GET", key=key, status=404),
        S3_LINE.format(n=4, verb="PUT", key=key, status=200),
        S3_LINE.format(n=5, verb="GET", key="packages/unknown-1/bag.tar", status=200),
        "nonsense\n",
    ]
    log = tmp_path / "access.log"
    log.write_text("".join(lines))
    assert (import_log(house, log).reads, import_log(house, log).already) == (2, True)
    reads = reads_before(house.catalogue, TEST_TIME)
    assert dict(reads.recent) == {package.package_id: 2}
    assert f"{reads.last[package.package_id]:%Y-%m-%d %H:%M:%S}" == "2026-02-20 10:00:02"
    idle = a_policy(
        a_rule({"hot": 1}, where="idle_days < 30 and reads_90d >= 2", name="read"), a_rule({"cold": 1})
    )
    assert make_plan(house, idle, at=TEST_TIME).moves == ()
    later = house.at(FixedClock(TEST_TIME + timedelta(days=30)))
    assert {each.reason for each in make_plan(later, idle, at=later.clock.now()).blocked} == set()


def test_logs_of_cloudfront(house: House, tmp_path: Path) -> None:
    package = in_both(house)
    log = tmp_path / "E1.log"
    log.write_text(
        "#Version: 1.0\n"
        f"2026-02-20\t10:00:01\tLHR\t99\t192.0.2.3\tGET\td.example\t/{package.prefix}part-0.bin\t200\t-\t-\n"
    )
    assert (import_log(house, log).reads, import_log(house, log).packages) == (1, 1)


def test_what_holdfast_reads_itself_is_no_use_of_a_package(house: House, tmp_path: Path) -> None:
    package = in_both(house)
    key = package.prefix + "part-0.bin"
    s3 = S3_LINE.format(n=1, verb="GET", key=key, status=200)
    front = f"2026-02-20\t10:00:01\tLHR\t99\t192.0.2.3\tGET\td.example\t/{key}\t200\t-\t"
    log = tmp_path / "access.log"
    log.write_text(
        s3
        + s3.replace('"-" "-"', f'"-" "{AGENT}"')
        + s3.replace('"-" "-"', '"-" "Mozilla/5.0 (holdfast/1)"')
        + f"{front}{AGENT}\t-\n{front}curl/8\t-\nhalf a li"
    )
    found = import_log(house, log)
    assert (found.reads, found.ours, found.not_understood) == (3, 2, 1)


def test_a_compressed_log_is_read_and_a_cut_one_refused(house: House, tmp_path: Path) -> None:
    package = in_both(house)
    whole = gzip.compress(
        b"".join(
            S3_LINE.format(n=n, verb="GET", key=f"{package.prefix}{n * 7919}", status=200).encode()
            for n in range(9)
        )
    )
    (tmp_path / "cut.gz").write_bytes(whole[:-20])
    with pytest.raises(BadInput, match=r"cut\.gz is cut short or damaged"):
        import_log(house, tmp_path / "cut.gz")
    assert not house.catalogue.events(types=[EventType.ACCESS])
    (tmp_path / "whole.gz").write_bytes(whole)
    assert import_log(house, tmp_path / "whole.gz").reads == 9
    # Unpacked, and packed again by another program, it is the same log.
    (tmp_path / "plain.log").write_bytes(gzip.decompress(whole))
    (tmp_path / "again.gz").write_bytes(gzip.compress(gzip.decompress(whole), compresslevel=1, mtime=1))
    for name in ("plain.log", "again.gz"):
        assert import_log(house, tmp_path / name).already
    assert dict(reads_before(house.catalogue, TEST_TIME).recent) == {package.package_id: 9}


def test_what_is_no_log_is_refused(house: House, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("a\nb\n")
    with pytest.raises(BadInput, match="is no access log"):
        import_log(house, tmp_path / "x.log")
    with pytest.raises(BadInput, match="cannot be read"):
        import_log(house, tmp_path / "none.log")


def test_a_crash_never_passes_for_an_answer(house: House) -> None:
    in_both(house)
    crashing = FaultyStore(house.store("cold"), scripted({("get_whole", 1): Fault.CRASH_BEFORE}))
    with pytest.raises(Crashed):
        audit(with_stores(house, cold=crashing))
