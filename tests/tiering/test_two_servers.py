"""Copies and removals between two S3 servers in two domains, with the process killed at any moment."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from holdings.clock import SystemClock
from holdings.house import House
from holdings.opening import open_house
from holdings.records import MANIFEST_NAME, CopyStatus, Package
from holdings.settings import read_settings
from holdings.settings.template import write_template
from tests.journey.kills import Holdings
from tests.kit.commands import Ran
from tests.kit.houses import with_stores
from tests.kit.seaweed import REGION, Seaweed, running_seaweed
from tests.tiering.holding import deposit, is_whole, lose, statuses
from tiering.applying import apply_plan
from tiering.auditing import audit
from tiering.plan import plan_to_json, read_plan
from tiering.planning import make_plan
from tiering.policy import Policy, read_policy
from tiering.repairing import repair

pytestmark = pytest.mark.soak

_POLICY = """
[guards]
settle_days = 0
removal = { packages = 1000, size = "1 TB", share = 1.0 }

[[rules]]
name = "rests in cold"
where = "true"
copies = { cold = 1 }
because = "so it was decided"
"""
_BOTH = _POLICY.replace("{ cold = 1 }", "{ hot = 1, cold = 1 }")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Seaweed, Seaweed]]:
    with running_seaweed() as one, running_seaweed() as other:
        yield one, other


@pytest.fixture
def folder(tmp_path: Path, servers: tuple[Seaweed, Seaweed], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A house whose two stores are buckets of two servers, each with a profile of its own."""
    named = dict(zip(("hot", "cold"), servers, strict=True))
    secrets = "".join(
        f"[{name}]\naws_access_key_id = {server.access_key}\naws_secret_access_key = {server.secret_key}\n"
        for name, server in named.items()
    )
    (tmp_path / "credentials").write_text(secrets)
    for word in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(word, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    tables = "\n".join(
        f"""[stores.{name}]
url = "s3://{server.make_bucket(name)}"
endpoint = "{server.endpoint}"
region = "{REGION}"
profile = "{name}"
tier = "{name}"
domain = "site-{name}"
price_sheet = "local-disk"
"""
        for name, server in named.items()
    )
    house = tmp_path / "house"
    write_template(house)
    settings = house / "holdfast.toml"
    settings.write_text(with_stores(settings.read_text(), tables))
    (house / "policy.toml").write_text(_POLICY)
    return house


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    settings = read_settings(folder / "holdfast.toml")
    with open_house(settings, clock=SystemClock(), agent="test") as opened:
        yield opened


def policy_of(house: House) -> Policy:
    return read_policy(house.settings.policy)


def apply_and_kill(house: House, after_seconds: float) -> tuple[int, float]:
    """Plan, and apply it in a process that is killed; its status and how long it lived."""
    plan = make_plan(house, policy_of(house), at=house.clock.now())
    assert plan.moves or plan.removals
    (house.settings.folder / "plan.json").write_text(plan_to_json(plan))
    ran = Holdings(house.settings.folder).kill("tier", "apply", "plan.json", after_seconds=after_seconds)
    assert ran.status in (0, -9), ran.err
    return ran.status, ran.seconds


def nothing_is_lost(house: House, packages: list[Package]) -> None:
    for package in packages:
        whole = {name for name in house.stores if is_whole(house.store(name), package)}
        assert whole, package.package_id
        claimed = {name for name, status in statuses(house, package).items() if status is CopyStatus.VERIFIED}
        assert claimed, package.package_id
        assert claimed <= whole, package.package_id


def finish(house: House) -> None:
    """What was killed is begun anew, after its leases ended, and comes to its end."""
    policy = policy_of(house)
    with duckdb.connect(house.settings.catalogue.path) as connection:
        connection.execute("DELETE FROM leases")  # as if a quarter of an hour had passed
    assert apply_plan(house, read_plan(house.settings.folder / "plan.json"), policy).complete


@pytest.mark.parametrize("kills", [int(os.environ.get("HOLDFAST_KILLS", "200"))])
def test_killed_anywhere_nothing_is_lost_and_the_next_run_ends_it(house: House, kills: int) -> None:
    moments = random.Random(7)
    packages: list[Package] = []
    usual, met = 4.0, 0
    for number in range(kills):
        if number % 2 == 0:  # copies, then removals of what was copied
            packages = [deposit(house, 10 * number + n, size=300_000) for n in range(6)]
        status, seconds = apply_and_kill(house, moments.uniform(0.3, 1.0) * usual)
        met += status == -9
        usual = usual if status == -9 else 0.5 * usual + 0.5 * seconds
        nothing_is_lost(house, packages)
        finish(house)
        nothing_is_lost(house, packages)
        if number % 2:
            assert {tuple(statuses(house, each).values()) for each in packages} == {
                (CopyStatus.VERIFIED, CopyStatus.RETIRED)
            }
    assert met > kills / 4


def test_a_night_when_everything_goes_wrong(house: House, servers: tuple[Seaweed, Seaweed]) -> None:
    """One object is other bytes, one is gone, one is nobody's: found, named, mended; a rebuild agrees."""
    house.settings.policy.write_text(_BOTH)
    packages = [deposit(house, number, size=50_000) for number in range(1, 21)]
    policy = policy_of(house)
    assert apply_plan(house, make_plan(house, policy, at=house.clock.now()), policy).complete
    cold = house.store("cold")
    key = packages[0].prefix + "part-0.bin"
    lose(cold, key)
    cold.put(key, b"x" * packages[0].objects[0].size_bytes)
    lose(cold, packages[1].prefix + "part-1.bin")
    cold.put("packages/nhmuk-ffffffffffff/bag.tar", b"whose?")
    found = audit(house)
    assert {(copy.package_id, copy.finding.value) for copy in found.wrong} == {
        (packages[0].package_id, "corrupt"),
        (packages[1].package_id, "missing"),
    }
    assert [each.key for each in found.surprises] == ["packages/nhmuk-ffffffffffff/bag.tar"]
    assert [each.because for each in repair(house)] == [None, None]
    assert all(is_whole(cold, package) for package in packages)
    before = {package.package_id: statuses(house, package) for package in packages}
    ran = Holdings(house.settings.folder).run("catalogue", "rebuild")
    assert ran.status in (0, 1), ran.err
    assert {package.package_id: statuses(house, package) for package in packages} == before


def random_bytes(start: int, size: int) -> bytes:
    """Found in one place of a disk only."""
    return random.Random(start).randbytes(size)


def flip_on_disk(server: Seaweed, data: bytes) -> None:
    """Change one bit of an object where the server keeps it."""
    for volume in (server.folder / "data").rglob("*.dat"):
        at = volume.read_bytes().find(data)
        if at >= 0:
            with volume.open("r+b") as file:
                file.seek(at)
                file.write(bytes([data[0] ^ 1]))
            return
    raise AssertionError("the object lies in no volume")


def stop_amid(house: House, server: Seaweed, *, copies: int) -> threading.Thread:
    """Stops the server as soon as so many packages are whole in cold; history comes seconds later."""

    def watch() -> None:
        cold = house.store("cold")
        while sum(info.key.endswith(MANIFEST_NAME) for info in cold.list("packages/")) < copies:
            time.sleep(0.02)
        server.stop()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def slowed(house: House, *, requests_per_second: int) -> str:
    """Have commands ask the cold store no faster; the settings as they were."""
    text = house.settings.path.read_text()
    line = f"[stores.cold]\nrequests_per_second = {requests_per_second}\n"
    house.settings.path.write_text(text.replace("[stores.cold]\n", line))
    return text


def told(ran: Ran, *, status: int) -> Any:
    assert ran.status == status, ran.out + ran.err
    return ran.json


def test_a_year_in_a_night(house: House, servers: tuple[Seaweed, Seaweed]) -> None:
    """A server stops in the middle, a bit flips on disk, an object goes: found, explained, mended."""
    house.settings.policy.write_text(_BOTH)
    _, cold = servers
    packages = [deposit(house, number, size=200_000, made=random_bytes) for number in range(1, 101)]
    here = Holdings(house.settings.folder)
    made = told(here.run("tier", "plan", "-o", "plan.json", "--json"), status=0)
    assert len(made["moves"]) == 100

    at_full_speed = slowed(house, requests_per_second=100)  # or it is over before the server is stopped
    stopping = stop_amid(house, cold, copies=10)
    first = told(here.run("tier", "apply", "plan.json", "--json"), status=3)
    stopping.join()
    house.settings.path.write_text(at_full_speed)
    assert 0 < len(first["done"]) < 100
    assert {each["kind"] for each in first["failed"]} <= {"transient", "unavailable"}
    cold.start()
    second = told(here.run("tier", "apply", "plan.json", "--json"), status=0)
    assert len(first["done"]) + len(second["done"]) == 100
    nothing_is_lost(house, packages)
    assert told(here.run("tier", "status", "--json"), status=0)["below_policy"] == []

    flipped, gone = packages[17], packages[42]
    flip_on_disk(cold, random_bytes(18 * 31, 200_000)[1000:1100])
    lose(house.store("cold"), gone.prefix + "part-1.bin")
    cold.stop()  # or it would answer from its memory
    cold.start()
    found = told(here.run("audit", "--json"), status=1)
    wrong = {each["package_id"]: each for each in found["copies"] if each["finding"] != "good"}
    assert {name: each["finding"] for name, each in wrong.items()} == {
        flipped.package_id: "corrupt",
        gone.package_id: "missing",
    }
    assert "answers, and does not give it" in wrong[flipped.package_id]["because"]
    below = told(here.run("tier", "status", "--json"), status=1)["below_policy"]
    assert below == sorted([flipped.package_id, gone.package_id])

    mended = told(here.run("repair", "--json"), status=0)["repaired"]
    assert {each["package_id"]: each["source"] for each in mended} == dict.fromkeys(below, "hot")
    assert told(here.run("audit", "--json"), status=0)["good"]
    assert all(is_whole(house.store("cold"), package) for package in packages)
    (needed,) = told(here.run("recall", flipped.package_id, "--json"), status=0)["packages"]
    assert needed["awake"]

    before = told(here.run("tier", "status", "--json"), status=0)
    house.settings.catalogue.path.unlink()
    assert here.run("catalogue", "rebuild").status == 0
    after = told(here.run("tier", "status", "--json"), status=0)
    assert {**after, "at": None} == {**before, "at": None}
