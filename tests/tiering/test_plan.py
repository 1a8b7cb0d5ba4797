from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holdings.errors import BadInput
from tests.tiering.builders import NOON
from tiering.plan import (
    PLAN_FORMAT,
    Blocked,
    Cost,
    Due,
    Move,
    NotWorth,
    Plan,
    Refused,
    Removal,
    Seen,
    Surplus,
    Totals,
    plan_to_json,
    read_plan,
    sealed,
)


def a_plan() -> Plan:
    move = Move(
        package_id="nhmuk-pinned-0123456789ab",
        source_store="hot",
        target_store="cold",
        size_bytes=2**53 + 1,
        objects=2,
        rule="old bags also rest in cold",
        because="weil es so beschlossen wurde — für immer",
        reason="cold has 0 of 1 copies",
        seen=(Seen(store="hot", status="verified"),),
    )
    cost = Cost(currency="EUR", requests=0.1, retrieval=0.2, egress=1e-06, storage_per_month=1 / 3)
    return sealed(
        Plan(
            format=PLAN_FORMAT,
            plan_id="",
            made_at=NOON,
            at=NOON,
            catalogue_id="c-1",
            policy_sha256="0" * 64,
            moves=(move,),
            removals=(
                Removal(
                    package_id="nhmuk-pinned-0123456789ac",
                    store="hot",
                    size_bytes=7,
                    objects=1,
                    rule="all",
                    because="so it was decided",
                    reason="1 more in hot than the rule asks for",
                    keeps=("cold",),
                    seen=(Seen(store="hot", status="verified"), Seen(store="cold", status="verified")),
                ),
            ),
            refused=(
                Refused(guard="hold", what="removals", packages=1, size_bytes=7, says="a hold lies on it"),
            ),
            not_worth=(
                NotWorth(
                    source_store="hot",
                    target_store="cold",
                    rule="all",
                    currency="EUR",
                    packages=1,
                    size_bytes=7,
                    costs=2.0,
                    saves=1.0,
                ),
            ),
            blocked=(Blocked(package_id="b-1", rule="all", reason="no verified copy to copy from"),),
            due=(
                Due(store="hot", copies=1, size_bytes=7, oldest=NOON),
                Due(store="cold", copies=1, size_bytes=7, oldest=None),
            ),
            surplus=(Surplus(tier="cold", packages=1, size_bytes=7),),
            totals=Totals(
                packages=2,
                moves=1,
                size_bytes=2**53 + 1,
                objects=2,
                put_requests=3,
                get_requests=12,
                removals=1,
                removed_bytes=7,
                recalls=0,
                recall_hours=0.0,
                costs=(cost,),
                hours=None,
            ),
        )
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.json"
    path.write_text(text)
    return path


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    plan = a_plan()
    assert read_plan(written(tmp_path, plan_to_json(plan))) == plan


def test_the_same_plan_is_the_same_text() -> None:
    assert plan_to_json(a_plan()) == plan_to_json(a_plan())


def test_another_layout_of_the_same_plan_is_the_same_plan(tmp_path: Path) -> None:
    packed = json.dumps(json.loads(plan_to_json(a_plan())), sort_keys=True)
    assert read_plan(written(tmp_path, packed)) == a_plan()


def _set(*path: str | int) -> Callable[[Any, Any], None]:
    def change(plan: Any, value: Any) -> None:
        for step in path[:-1]:
            plan = plan[step]
        plan[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (_set("moves", 0, "package_id"), "nhmuk-pinned-0123456789ac"),
        (_set("moves", 0, "target_store"), "warm"),
        (_set("moves", 0, "size_bytes"), 2**53),
        (_set("moves", 0, "seen", 0, "status"), "missing"),
        (_set("moves", 0, "because"), ""),
        (_set("moves"), []),
        (_set("removals", 0, "store"), "cold"),
        (_set("removals", 0, "keeps"), []),
        (_set("totals", "costs", 0, "requests"), 0.0),
        (_set("totals", "hours"), 1.5),
        (_set("catalogue_id"), "c-2"),
        (_set("policy_sha256"), "1" * 64),
        (_set("made_at"), "2026-03-01T12:00:00.000001Z"),
        (_set("plan_id"), "0" * 64),
    ],
)
def test_a_plan_edited_by_hand_is_refused(
    tmp_path: Path, change: Callable[[Any, Any], None], value: object
) -> None:
    plan = json.loads(plan_to_json(a_plan()))
    change(plan, value)
    with pytest.raises(BadInput, match="was changed after it was made") as caught:
        read_plan(written(tmp_path, json.dumps(plan)))
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (_set("deletions"), []),
        (_set("moves", 0, "delete"), True),
        (_set("moves", 0, "size_bytes"), "7"),
        (_set("moves", 0, "size_bytes"), 7.5),
        (_set("moves", 0, "size_bytes"), None),
        (_set("moves", 0, "package_id"), ["a"]),
        (_set("moves"), {"a": 1}),
        (_set("at"), "soon"),
        (_set("format"), "1"),
        (_set("totals"), None),
    ],
)
def test_what_is_no_plan_is_told_with_its_place(
    tmp_path: Path, change: Callable[[Any, Any], None], value: object
) -> None:
    plan = json.loads(plan_to_json(a_plan()))
    change(plan, value)
    with pytest.raises(BadInput, match="is not a plan that this version of Holdfast reads"):
        read_plan(written(tmp_path, json.dumps(plan)))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "7", "{}", "\x00", '{"format": 1e999}', "[" * 100_000],
    ids=["empty", "half", "list", "null", "number", "bare", "nul", "infinite", "deep"],
)
def test_what_is_not_even_like_a_plan(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput):
        read_plan(written(tmp_path, text))


def test_not_text_at_all(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(BadInput):
        read_plan(tmp_path / "plan.json")


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.json cannot be read"):
        read_plan(tmp_path / "none.json")


def test_an_unknown_format_is_refused_even_with_the_right_hash(tmp_path: Path) -> None:
    later = sealed(replace(a_plan(), format=PLAN_FORMAT + 1))
    with pytest.raises(BadInput, match=f"is a plan of format {PLAN_FORMAT + 1}"):
        read_plan(written(tmp_path, plan_to_json(later)))


def test_a_hostile_package_is_refused_even_with_the_right_hash(tmp_path: Path) -> None:
    plan = a_plan()
    hostile = sealed(replace(plan, moves=(replace(plan.moves[0], package_id="../../etc"),)))
    with pytest.raises(BadInput, match="not a package identifier"):
        read_plan(written(tmp_path, plan_to_json(hostile)))
