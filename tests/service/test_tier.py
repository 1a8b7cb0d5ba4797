"""What `holdfast tier` says where something is in the way, or due."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from service.cli.main import run
from service.cli.tier import plan_lines
from tests.kit.houses import TEST_TIME
from tiering.plan import PLAN_FORMAT, Blocked, Move, Plan, Removal, Seen, Totals


def test_copies_that_are_due_to_be_read_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tier", "plan"]) == 0
    assert "Due to be read again" not in capsys.readouterr().out
    assert run(["tier", "plan", "--now", "+200d"]) == 0
    said = capsys.readouterr().out
    assert "Due to be read again: 1 copy in hot" in said
    assert "holdfast verify --store hot" in said
    assert run(["tier", "status", "--now", "+200d"]) == 0
    assert "Due to be read again: 1 copy in hot" in capsys.readouterr().out


def test_a_strange_object_in_the_way_is_told_with_the_way_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tier", "plan", "--now", "+400d", "-o", "plan.json"]) == 0
    (package,) = (folder / "stores/hot/packages").iterdir()
    strange = folder / "stores/cold/packages" / package.name / "bag.tar"
    strange.parent.mkdir(parents=True)
    strange.write_bytes(b"strange")
    capsys.readouterr()
    assert run(["tier", "apply", "plan.json"]) == 1
    said = capsys.readouterr().out
    assert "holds other bytes than were meant" in said
    assert "Try: Holdfast replaces nothing" in said
    assert strange.read_bytes() == b"strange"
    strange.unlink()
    assert run(["tier", "apply", "plan.json"]) == 0
    capsys.readouterr()
    assert run(["tier", "status"]) == 0
    waking = "1 copy in cold: waking takes 4 h, says its price sheet; the store itself was not asked."
    assert waking in capsys.readouterr().out


def test_a_damaged_copy_in_the_way_is_mended_as_the_plan_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tier", "plan", "--now", "+400d", "-o", "plan.json"]) == 0
    assert run(["tier", "apply", "plan.json"]) == 0
    (bag,) = (folder / "stores/cold/packages").glob("*/bag.tar")
    bag.chmod(0o644)
    bag.write_bytes(bytes([bag.read_bytes()[0] ^ 1]) + bag.read_bytes()[1:])
    assert run(["verify"]) == 1
    capsys.readouterr()
    assert run(["tier", "plan", "--now", "+400d", "-o", "blocked.json"]) == 1
    said = capsys.readouterr()
    assert "run holdfast repair: it mends cold and keeps the wrong bytes aside" in said.out
    assert "it moves nothing" in said.err
    assert run(["repair"]) == 0
    assert run(["verify"]) == 0
    assert run(["tier", "plan", "--now", "+400d", "-o", "after.json"]) == 0


def test_a_store_that_is_added_is_made_by_the_command_that_the_refusal_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = folder / "holdfast.toml"
    third = (
        '[stores.third]\nurl = "file:stores/third"\ntier = "cold"\ndomain = "c"\nprice_sheet = "local-disk"\n'
    )
    settings.write_text(settings.read_text() + third)
    policy = folder / "policy.toml"
    policy.write_text(policy.read_text().replace("{ hot = 1 }", "{ hot = 1, cold = 2 }"))
    assert run(["tier", "plan", "-o", "plan.json"]) == 0
    capsys.readouterr()
    assert run(["tier", "apply", "plan.json"]) == 3
    assert (
        "Try: Is its disk mounted? If the store is new: holdfast stores make third" in capsys.readouterr().out
    )
    for _ in range(2):  # again, it changes nothing
        assert run(["stores", "make", "third"]) == 0
    assert run(["tier", "apply", "plan.json"]) == 0
    # Its disk is away: that makes no new store of it.
    (folder / "stores/third").rename(folder / "stores/away")
    capsys.readouterr()
    assert run(["stores", "make", "third"]) == 1
    assert "is not new" in capsys.readouterr().err
    assert not (folder / "stores/third").exists()
    assert run(["stores", "make", "nowhere"]) in (1, 2)


def test_status_tells_collections_and_what_is_under_way(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = folder / "holdfast.prom"
    assert run(["tier", "status", "--metrics", str(metrics), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (row,) = told["collections"]
    assert (row["tier"], row["packages"], row["copies"], row["below_policy"]) == ("hot", 1, 1, 0)
    assert row["size_bytes"] == sum(store["bytes"] for store in told["stores"])
    assert told["journal"]["removals_begun"] == 0
    lines = metrics.read_text().splitlines()
    assert f'holdfast_collection_copies{{collection="{row["collection"]}",tier="hot"}} 1' in lines
    assert "holdfast_removals_begun 0" in lines
    assert all(" " in line for line in lines)
    assert run(["tier", "status", "--now", "+400d", "--json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)["collections"]
    assert row["below_policy"] == 1


def test_what_one_run_may_not_copy_is_below_the_policy_all_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = folder / "policy.toml"
    policy.write_text(policy.read_text().replace("[guards]\n", '[guards]\nrun = { size = "1 kB" }\n'))
    assert run(["tier", "plan", "--now", "+400d"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Not now (guards.run.size): 1 copy, ")
    assert "all where the policy wants them" not in said
    assert run(["tier", "status", "--now", "+400d"]) == 1
    assert "1 package of 1 below the policy." in capsys.readouterr().out


def test_a_rate_may_be_written_as_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--rate", "200MB/s"]) == 0
    assert "1 copy read" in capsys.readouterr().out
    assert run(["audit", "--budget", "200MB/s"]) == 2


def test_of_many_packages_below_the_policy_some_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.answering._NAMED", 0)
    assert run(["tier", "status", "--now", "+400d"]) == 1
    assert "\n  and 1 more; --json names all.\n" in capsys.readouterr().out
    assert run(["tier", "status", "--at", "+400d", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["below_policy"]) == 1


@pytest.mark.parametrize("words", [("plan", "-o"), ("status", "--metrics")])
def test_a_file_that_cannot_be_written_is_told_by_its_name(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, str]
) -> None:
    assert run(["tier", *words, "nowhere/told"]) == 2
    assert "nowhere/told could not be written: No such file" in capsys.readouterr().err

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("service.cli.files.os.fsync", full)
    before = sorted(folder.iterdir())
    assert run(["tier", *words, "told"]) == 2
    said = capsys.readouterr().err
    assert "told could not be written: No space left on device.\nTry: Nothing was left there." in said
    assert sorted(folder.iterdir()) == before


def test_what_is_lost_and_held_again_is_counted_no_more_once_it_is_withdrawn(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package,) = (folder / "stores/hot/packages").iterdir()
    bag = package / "bag.tar"
    bag.chmod(0o644)
    bag.write_bytes(bag.read_bytes()[:3000] + b"X" + bag.read_bytes()[3001:])
    assert run(["verify"]) == 1
    words = ["withdraw", package.name, "--reason", "damaged"]
    assert run(words) == 0
    assert run(["tier", "plan"]) == 1, "nothing else holds its images"
    assert run(["withdraw", "--undo", *words[1:]]) == 0
    assert run(["deposit", "source", "-c", "sheets"]) == 0
    capsys.readouterr()
    assert run(["tier", "plan"]) == 1
    said = capsys.readouterr().out
    assert f"held again as {package.name}-v2: holdfast withdraw {package.name} counts it no more" in said
    assert run(words) == 0
    capsys.readouterr()
    assert run(["tier", "plan"]) == 0
    fine, told = capsys.readouterr().out.splitlines()
    assert fine == "No copy to make: 1 package, all where the policy wants them."
    assert told.startswith(
        f"Not counted: {package.name} is lost and withdrawn, and its images are held again"
    )
    assert told.endswith(f" as {package.name}-v2.")
    assert run(["tier", "status"]) == 0
    # The other version is damaged, too: now something is lost.
    again = folder / "stores/hot/packages" / f"{package.name}-v2" / "bag.tar"
    again.chmod(0o644)
    again.write_bytes(b"X" + again.read_bytes()[1:])
    assert run(["verify"]) == 1
    assert run(["tier", "status", "--json"]) == 1


def test_of_a_million_moves_the_first_few_are_shown() -> None:
    moves = [
        Move(
            package_id=f"nhmuk-{number:012x}",
            source_store="hot",
            target_store="cold",
            size_bytes=1000,
            objects=2,
            rule="all",
            because="so it was decided",
            reason="cold has 0 of 1 copies",
            seen=(Seen(store="hot", status="verified"),),
        )
        for number in range(1025)
    ]
    removals = [
        Removal(
            package_id=move.package_id,
            store="hot",
            size_bytes=1000,
            objects=2,
            rule="all",
            because="so it was decided",
            reason="1 more in hot than the rule asks for",
            keeps=("cold",),
            seen=move.seen,
        )
        for move in moves[:21]
    ]
    blocked = [Blocked(package_id=each.package_id, rule="all", reason="nobody can") for each in moves]
    totals = Totals(
        packages=1025,
        moves=1025,
        size_bytes=1_025_000,
        objects=2050,
        put_requests=1,
        get_requests=1,
        costs=(),
        removals=21,
        removed_bytes=21_000,
        recalls=0,
        recall_hours=0.0,
        hours=None,
    )
    plan = Plan(
        format=PLAN_FORMAT,
        plan_id="",
        made_at=TEST_TIME,
        at=TEST_TIME,
        catalogue_id="x",
        policy_sha256="x",
        moves=tuple(moves),
        removals=tuple(removals),
        refused=(),
        not_worth=(),
        blocked=tuple(blocked),
        due=(),
        surplus=(),
        totals=totals,
    )
    lines = list(plan_lines(plan))
    more = [line for line in lines if line.startswith("  and ")]
    assert more == [
        f"  and {number} more; the file that -o writes has all, and so has --json."
        for number in ("1,005", "1,005", "1")
    ]
    assert len(lines) == 3 * 20 + len(more) + 2
    assert "1,025 copies to make of 1,025 packages" in " ".join(lines)
