"""Several machines, one catalogue on a server: every command works with it, and two at once do no harm."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from holdings.clock import SystemClock
from holdings.house import House
from holdings.opening import open_house
from holdings.records import CopyStatus, Package
from holdings.settings import read_settings
from holdings.settings.template import write_template
from service.cli.main import run
from tests.kit.commands import holdfast, killed
from tests.kit.engines import in_a_schema
from tests.kit.houses import with_catalogue, with_stores
from tests.kit.pictures import write_pictures
from tests.kit.postgres import Postgres
from tests.kit.seaweed import REGION, running_seaweed
from tests.tiering.holding import deposit, is_whole, statuses
from tiering.plan import Plan, plan_to_json
from tiering.planning import make_plan
from tiering.policy import read_policy

_POLICY = """
[guards]
settle_days = 0
removal = { packages = 1000, size = "1 TB", share = 1.0 }

[[rules]]
name = "so it was decided"
where = "true"
copies = { COPIES }
because = "a test"
"""


def machines(folder: Path, server: Postgres, names: tuple[str, ...], *, stores: str | None = None) -> None:
    """A settings file for each machine: the same stores and catalogue, a folder and a policy of its own."""
    write_template(folder)
    text = with_catalogue((folder / "holdfast.toml").read_text(), in_a_schema(server))
    if stores is not None:
        text = with_stores(text, stores)
    for name in names:
        own = text.replace("[catalogue]", f'[catalogue]\nfolder = "{name}"')
        (folder / f"{name}.toml").write_text(own.replace('"policy.toml"', f'"{name}-policy.toml"'))
        decide(folder, name, "hot = 1, cold = 1")


def decide(folder: Path, machine: str, copies: str) -> None:
    (folder / f"{machine}-policy.toml").write_text(_POLICY.replace("COPIES", copies))


def opened(folder: Path, machine: str) -> House:
    return open_house(read_settings(folder / f"{machine}.toml"), clock=SystemClock(), agent="test")


def plan(house: House, folder: Path, machine: str) -> Plan:
    """What that machine would do, in a file."""
    made = make_plan(house, read_policy(folder / f"{machine}-policy.toml"), at=house.clock.now())
    (folder / f"{machine}.json").write_text(plan_to_json(made))
    return made


def apply(folder: Path, machine: str) -> tuple[str, ...]:
    return ("tier", "apply", f"{machine}.json", "--settings", f"{machine}.toml", "--json")


def at_once(folder: Path, *words: tuple[str, ...]) -> list[tuple[int, Any]]:
    """Each in a process of its own; how it ended, and what it said."""
    with ThreadPoolExecutor(len(words)) as pool:
        ran = list(pool.map(lambda each: holdfast(*each, folder=folder), words))
    assert not [each.err for each in ran if "Traceback" in each.err]
    return [(each.status, each.json) for each in ran]


def nothing_is_lost(house: House, packages: list[Package]) -> None:
    for package in packages:
        whole = {name for name in house.stores if is_whole(house.store(name), package)}
        claimed = {name for name, status in statuses(house, package).items() if status is CopyStatus.VERIFIED}
        assert claimed, package.package_id
        assert claimed <= whole, package.package_id


def test_two_applies_at_once_do_no_harm(postgres: Postgres, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    machines(folder, postgres, ("one", "other"))
    with opened(folder, "one") as house:
        packages = [deposit(house, number, size=40_000) for number in range(12)]
        # The same copies, asked for by two machines.
        assert [len(plan(house, folder, name).moves) for name in ("one", "other")] == [12, 12]
        ends = at_once(folder, apply(folder, "one"), apply(folder, "other"))
        # Whoever looks when the other has begun to record finds that the plan no longer fits.
        assert {said["error"]["kind"] if status else "done" for status, said in ends} <= {
            "done",
            "plan-refused",
        }
        assert 0 in [status for status, _ in ends]
        assert {tuple(statuses(house, each).values()) for each in packages} == {
            (CopyStatus.VERIFIED, CopyStatus.VERIFIED)
        }
        nothing_is_lost(house, packages)
        # And what adds up to too little: each wants to remove the copy that the other keeps.
        decide(folder, "one", "cold = 1")
        decide(folder, "other", "hot = 1")
        assert [len(plan(house, folder, name).removals) for name in ("one", "other")] == [12, 12]
        ends = at_once(folder, apply(folder, "one"), apply(folder, "other"))
        nothing_is_lost(house, packages)
        removed = sum(len(said["removed"]) for status, said in ends if status in (0, 1) and "removed" in said)
        assert removed <= 12
        left = [sum(is_whole(house.store(name), each) for name in house.stores) for each in packages]
        assert sum(left) == 24 - removed


def test_a_plan_from_another_catalogue_is_refused(
    postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        machines(tmp_path / name, postgres, ("one",))
        with opened(tmp_path / name, "one") as house:
            deposit(house, 1)
        monkeypatch.chdir(tmp_path / name)
        assert run(["tier", "plan", "--settings", "one.toml", "-o", "plan.json"]) == 0
    capsys.readouterr()
    assert run(["tier", "apply", str(tmp_path / "here" / "plan.json"), "--settings", "one.toml"]) == 2
    assert "another catalogue" in capsys.readouterr().err


def test_every_command_that_opens_the_catalogue_works_with_it(
    postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "house"
    write_template(folder)
    settings = folder / "holdfast.toml"
    settings.write_text(with_catalogue(settings.read_text(), in_a_schema(postgres)))
    write_pictures(folder / "source", 2)
    monkeypatch.chdir(folder)

    def tell(words: str, status: int = 0) -> Any:
        capsys.readouterr()
        assert run([*words.split(), "--json"]) == status, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    package_id = tell("deposit source -c sheets")["package_id"]
    first, second = tell("find")
    assert len(tell(f"find {first['image_id']}")) == 1
    assert tell("withdraw " + second["image_id"] + " --reason test")["withdrawn"]
    assert [row["image_id"] for row in tell("find")] == [first["image_id"]]
    assert tell("find --sql SELECT(1)AS(one)", 2)["error"]["kind"] == "bad-input"
    assert tell(f"get {first['image_id']} -o back")["sha256"] == first["sha256"]
    assert tell("receipt " + package_id + " --overwrite")["receipts"]
    assert tell("collection build -c sheets")["left_out"] == []
    assert [move["package_id"] for move in tell("tier plan --now +400d -o plan.json")["moves"]] == [
        package_id
    ]
    assert tell("tier apply plan.json")["complete"] is True
    assert tell("tier status")["below_policy"] == []
    assert tell("verify")["good"] is True
    assert tell("audit --share 1/2")["good"] is True
    assert tell("repair")["repaired"] == []
    assert tell(f"policy explain {package_id}")["rule"]
    (laid,) = tell(f"hold {package_id} --reason loan --owner us")["holds"]
    assert tell(f"release {laid['hold_id']} --reason back")["released"]
    assert tell(f"recall {package_id}")["packages"][0]["awake"] is True
    assert "fewer than" in tell("capacity calibrate", 2)["error"]["sentence"]
    assert tell("capacity run scenario.toml --draws 16 -o projection.zarr")["years"]
    assert tell("report capacity projection.zarr -o report.html")
    assert tell("catalogue check")["ok"] is True
    assert tell("catalogue rebuild")["backup"].startswith("the schema t_")
    assert tell("catalogue backup safe")["files"] > 1
    assert tell("catalogue check")["ok"] is True
    assert len(tell("find")) == 1
    monkeypatch.setenv("PGPASSWORD", "wrong")
    said = tell("find", 3)["error"]
    assert said["kind"] == "access-denied"
    assert "wrong" not in json.dumps(said)


@pytest.fixture
def two_sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """TOML tables of two buckets on two S3 servers."""
    with ExitStack() as stack:
        named = {name: stack.enter_context(running_seaweed()) for name in ("hot", "cold")}
        secrets = "".join(
            f"[{name}]\naws_access_key_id = {each.access_key}\naws_secret_access_key = {each.secret_key}\n"
            for name, each in named.items()
        )
        (tmp_path / "credentials").write_text(secrets)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield "\n".join(
            f'[stores.{name}]\nurl = "s3://{each.make_bucket(name)}"\nendpoint = "{each.endpoint}"\n'
            f'region = "{REGION}"\nprofile = "{name}"\ntier = "{name}"\ndomain = "site-{name}"\n'
            'price_sheet = "local-disk"\n'
            for name, each in named.items()
        )


@pytest.mark.soak
def test_many_applies_at_once_between_two_sites_and_one_of_them_killed(
    postgres: Postgres, two_sites: str, tmp_path: Path
) -> None:
    folder = tmp_path / "house"
    machines(folder, postgres, ("one", "other"), stores=two_sites)
    moments = random.Random(3)
    with opened(folder, "one") as house:
        for number in range(10):
            packages = [deposit(house, 100 * number + n, size=300_000) for n in range(8)]
            for wanted in (("hot = 1, cold = 1",) * 2, ("cold = 1", "hot = 1")):
                for machine, copies in zip(("one", "other"), wanted, strict=True):
                    decide(folder, machine, copies)
                    plan(house, folder, machine)
                with ThreadPoolExecutor(1) as pool:
                    unhurt = pool.submit(holdfast, *apply(folder, "one"), folder=folder)
                    killed(*apply(folder, "other"), folder=folder, after_seconds=moments.uniform(0.1, 2))
                    assert unhurt.result().status in (0, 1)
                nothing_is_lost(house, packages)
