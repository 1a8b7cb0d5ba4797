"""What is handed over and is wrong: a sentence with file, rule and way out, exit status 2, and no trace."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.main import run
from tests.service.conftest import run_in

Said = pytest.CaptureFixture[str]
CONDITION = "kind = 'bag' and age_days >= 365"
OLD = "old bags also rest in cold"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def files(folder: Path) -> dict[str, str]:
    """Everything in the house; the catalogue's own file, which is opened and closed, by its being there."""
    return {
        str(path.relative_to(folder)): ""
        if "catalogue" in path.parts
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def condition(where: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "policy.toml", CONDITION, where.replace('"', '\\"'))


def in_policy(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "policy.toml", old, new)


def in_sheet(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "prices" / "local-cold.toml", old, new)


def plan_made(*words: str) -> None:
    assert run(["tier", "plan", "--now", "+400d", "-o", "plan.json", *words]) == 0


def plan_by_hand(folder: Path) -> None:
    plan_made()
    edit(folder / "plan.json", '"target_store": "cold"', '"target_store": "hot"')


def plan_sealed_by_nobody(folder: Path) -> None:
    plan_made()
    plan = json.loads((folder / "plan.json").read_text())
    plan["plan_id"] = "0" * len(plan["plan_id"])
    (folder / "plan.json").write_text(json.dumps(plan))


def plan_that_is_none(folder: Path) -> None:
    (folder / "plan.json").write_text('{"moves": []')


def plan_of_another_catalogue(folder: Path) -> None:
    plan_made()
    other = folder.with_name("other")
    shutil.copytree(folder / "source", other / "source")
    assert run_in(other, "init") == 0
    assert run_in(other, "deposit", "source", "-c", "sheets") == 0
    assert run_in(other, "tier", "plan", "--now", "+400d", "-o", str(folder / "plan.json")) == 0
    shutil.rmtree(other)


def no_log(folder: Path) -> None:
    (folder / "log.txt").write_text("nothing of a log\n")


PLAN, APPLY = ("tier", "plan"), ("tier", "apply", "plan.json")
FORM, COLUMNS = "policy.toml", "Try: The columns of `where` are: kind"
ANOTHER_PLAN = "Try: holdfast tier plan -o FILE makes"
Case = tuple[Callable[[Path], None], tuple[str, ...], tuple[str, str, str]]
BAD: dict[str, Case] = {
    # What is done to the house, what is typed, what is told: the file (or the option), the rule, the way out.
    "a column that is not there": (
        condition("idle_weeks > 3"),
        PLAN,
        (FORM, f"rules[1].where of '{OLD}' = `idle_weeks > 3` speaks of 'idle_weeks', which is no", COLUMNS),
    ),
    "a file behind a condition": (
        condition("read_text('/etc/passwd') = ''"),
        PLAN,
        (FORM, f"rules[1].where of '{OLD}' = `read_text('/etc/passwd') = ''` calls read_text", COLUMNS),
    ),
    "a statement behind a condition": (
        condition("true); copy (select 1) to 'left.csv'; select (true"),
        PLAN,
        (
            FORM,
            f"rules[1].where of '{OLD}' = `true); copy (select 1) to 'left.csv'; select (true` is",
            COLUMNS,
        ),
    ),
    "a table behind a condition": (
        condition("bytes in (from 'holdfast.toml')"),
        PLAN,
        (FORM, f"rules[1].where of '{OLD}' = `bytes in (from 'holdfast.toml')` uses subquery", COLUMNS),
    ),
    "a condition that reads against the eye": (
        condition("kind = 'ba\u202eg'"),
        PLAN,
        (FORM, "turns the direction of reading round", COLUMNS),
    ),
    "a condition that fails on what is held": (
        condition("(case when kind = 'bag' then (bytes - bytes) // (images - images) else 1 end) > 0"),
        PLAN,
        (FORM, f"rules[1].where of '{OLD}'", COLUMNS),
    ),
    "a rule below the guards": (
        in_policy("min_copies = 1", "min_copies = 2"),
        PLAN,
        (
            FORM,
            "rules[2].copies of 'everything else is hot' are 1 in all, below guards.min_copies = 2",
            "Try: Guards stand above every rule: change the rule, or the guard.",
        ),
    ),
    "a rule that can never decide": (
        in_policy(CONDITION, "true"),
        PLAN,
        (
            FORM,
            f"rules[1].where of '{OLD}' matches every package, so that no rule after it can ever",
            COLUMNS,
        ),
    ),
    "a last rule that leaves packages over": (
        in_policy('where = "true"', "where = \"kind = 'bag'\""),
        PLAN,
        (FORM, "rules[2].where of 'everything else is hot' has to be \"true\", as the last rule", COLUMNS),
    ),
    "locks where a store has none": (
        in_policy('because = "A bag', 'lock_days = { cold = 400 }\nbecause = "A bag'),
        ("tier", "plan", "--now", "+400d"),
        (
            FORM,
            f"the rule '{OLD}' wants copies in 'cold' locked, and the store 'cold' has no Object Lock",
            "object_lock = true for 'cold'",
        ),
    ),
    "a price without a date": (
        in_sheet("date = ", "day = "),
        PLAN,
        ("local-cold.toml", "breaks 2 rules", "(there are: confidence, date, source, value)"),
    ),
    "a price of no day": (
        in_sheet("date = ", "date = 2026-13-01 # "),
        PLAN,
        ("local-cold.toml", "is not TOML", "Try: https://toml.io shows the few rules."),
    ),
    "a price below nothing": (
        in_sheet('value = "', 'value = "-'),
        PLAN,
        (
            "local-cold.toml, line 6",
            "storage_per_gb_month.value is '-",
            "a figure is finite and not negative",
        ),
    ),
    "a plan that was edited by hand": (
        plan_by_hand,
        APPLY,
        ("plan.json", "its content does not hash to its plan_id", ANOTHER_PLAN),
    ),
    "a plan that nobody sealed": (
        plan_sealed_by_nobody,
        APPLY,
        ("plan.json", "its content does not hash to its plan_id", ANOTHER_PLAN),
    ),
    "half a plan": (
        plan_that_is_none,
        APPLY,
        (
            "plan.json",
            "is not a plan that this version of Holdfast reads: the file: invalid JSON",
            ANOTHER_PLAN,
        ),
    ),
    "a plan of another catalogue": (
        plan_of_another_catalogue,
        APPLY,
        ("plan.json", "was made for another catalogue", ANOTHER_PLAN),
    ),
    "a plan that is not there": (
        lambda _: None,
        APPLY,
        ("plan.json", "cannot be read: No such file or directory", ANOTHER_PLAN),
    ),
    "a moment that is none": (
        lambda _: None,
        (*PLAN, "--now", "soon"),
        ("'soon'", "is not a moment", "Try: Write 2040-01-31, 2040-01-31T12:00:00Z or +400d"),
    ),
    "half a half": (
        plan_that_is_none,
        (*APPLY, "--only", "some"),
        ("--only", "is 'some'", "it takes copies or removals"),
    ),
    "a share of nothing": (
        lambda _: None,
        ("audit", "--share", "0/90"),
        ("--share", "is '0/90'", "it takes a part of the whole such as 1/90"),
    ),
    "a rate of nothing": (
        lambda _: None,
        ("audit", "--rate", "0 MB"),
        ("--rate", "is 0 MB", "it takes more than nothing"),
    ),
    "a scheduler that is none": (
        lambda _: None,
        ("verify", "--scheduler", "there"),
        ("'there'", "is no address of a scheduler", "Try: For example: tcp://"),
    ),
    "a log that is none": (
        no_log,
        ("access", "import", "log.txt"),
        ("log.txt", "is no access log of S3 or CloudFront", "Try: Give the log files as they are"),
    ),
}


@pytest.mark.parametrize(("prepare", "words", "says"), BAD.values(), ids=BAD.keys())
def test_it_is_told_and_leaves_nothing(
    folder: Path,
    capsys: Said,
    prepare: Callable[[Path], None],
    words: tuple[str, ...],
    says: tuple[str, str, str],
) -> None:
    prepare(folder)
    before = files(folder)
    capsys.readouterr()
    assert run(list(words)) == 2
    said = capsys.readouterr()
    told = " ".join(said.err.split())
    assert said.out == ""
    assert [word for word in says if word not in told] == [], told
    assert "Traceback" not in told
    assert files(folder) == before
    # A program is told the same, as one document.
    assert run([*words, "--json"]) == 2
    assert capsys.readouterr().out.count("\n{") == 0


def test_a_rule_that_no_package_can_match_is_warned_of_and_stops_nothing(folder: Path, capsys: Said) -> None:
    edit(folder / "policy.toml", CONDITION, "bytes < 0")
    assert run(["policy", "check", "policy.toml"]) in (0, 1)
    said = capsys.readouterr()
    assert OLD in said.out + said.err
    assert "matches nothing" in said.out + said.err
    assert run(["tier", "plan"]) == 0
