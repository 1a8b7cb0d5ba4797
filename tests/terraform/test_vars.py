"""`holdfast terraform vars`: what it writes is what the modules take, in the words of settings and policy."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from capacity.buckets import PlannedBucket
from capacity.ensemble import project
from capacity.results import save_result
from capacity.scenario_reading import read_scenario
from service.cli.terraform import NAME
from tests.terraform.planned import AT_HOME, IN_AWS, write_plan, write_settings, write_vars
from tests.terraform.reading import FOLDER, read
from tiering.policy import Guards, read_policy

Said = pytest.CaptureFixture[str]
ROOTS = ("irreplaceable", "disposable", "irreplaceable/on_premise")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    write_plan(folder)
    return folder


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*")))


def written(modules: Path) -> dict[str, Any]:
    """Each root that got a file, with its variables."""
    paths = {root: modules / root / NAME for root in ROOTS}
    return {root: json.loads(path.read_text()) for root, path in paths.items() if path.exists()}


def types(root: str) -> dict[str, str]:
    """The type expression of each variable of a root."""
    said = read(FOLDER / root / "variables.tf")["variable"]
    return {name: body["type"].strip("${}") for each in said for name, body in each.items()}


def misfits(kind: str, value: Any, at: str = "") -> list[str]:
    """Where a value is not what a type expression of Terraform says, attribute for attribute."""
    if inner := re.fullmatch(r"map\((.*)\)", kind):
        assert isinstance(value, dict)
        return [wrong for name, item in value.items() for wrong in misfits(inner[1], item, f"{at}.{name}")]
    if inner := re.fullmatch(r"object\(\{(.*)\}?\)", kind):
        if value is None:
            return []
        wanted = dict(
            re.findall(r"(\w+) = (\w+(?:\((?:[^()]|\([^()]*(?:\([^()]*\))?[^()]*\))*\))?)", inner[1])
        )
        wrong = [f"{at}.{name}" for name in wanted.keys() ^ value.keys()]
        return wrong + [
            each for name in wanted.keys() & value.keys()
            for each in misfits(wanted[name], value[name], f"{at}.{name}")
        ]  # fmt: skip
    fits = {"string": str, "number": int}[kind]
    return [] if value is None or type(value) is fits else [at]


@pytest.mark.parametrize("stores", [IN_AWS, AT_HOME], ids=["in AWS", "at home"])
def test_each_variable_is_there_and_of_its_type(plan: Path, modules: Path, stores: str) -> None:
    write_settings(plan, stores)
    assert write_vars(plan, modules) == 0
    said = written(modules)
    assert list(said) == (["irreplaceable", "disposable"] if stores == IN_AWS else [ROOTS[2]])
    for root, variables in said.items():
        known = types(root)
        for name, value in variables.items():
            assert misfits(known[name], value) == []


def test_a_variable_of_another_type_would_be_found() -> None:
    kind = types("disposable")["expected"]
    band = {"p50": 1, "p95": 2}
    assert misfits(kind, {"hot": {"bytes": band, "requests_per_day": band}}) == []
    assert misfits(kind, {"hot": {"bytes": band, "requests_per_day": {"p50": 1, "p95": "2"}}}) == [
        ".hot.requests_per_day.p95"
    ]
    assert misfits(kind, {"hot": {"bytes": band, "requests": band}}) != []


def test_the_alarms_use_what_is_expected() -> None:
    text = (FOLDER / "modules/aws_watch/main.tf").read_text()
    for alarm, key in (("bytes", "bytes"), ("requests", "requests_per_day")):
        body = text.partition(f'"aws_cloudwatch_metric_alarm" "{alarm}"')[2].partition("\nresource ")[0]
        assert re.search(rf"threshold\s+= each\.value\.{key}\n", body)
        assert "for_each = local.quantiles" in body
    for store in ("hot", "cold"):
        assert f'lookup(var.expected, "{store}", null)' in (FOLDER / f"disposable/{store}.tf").read_text()


def test_quota_and_days_are_the_plans(plan: Path, modules: Path) -> None:
    write_settings(plan, AT_HOME)
    assert write_vars(plan, modules) == 0
    month = 11 * 3 * 13_000_000
    cold = written(modules)["irreplaceable/on_premise"]["stores"]["cold"]
    assert (cold["quota_bytes"], cold["expected"]["bytes"]) == (
        5 * month,
        {"p50": 5 * month, "p95": 5 * month},
    )
    assert (cold["retention_days"], cold["domain"], cold["prefix"]) == (2, "aws-frankfurt", "archive/")


def test_the_same_plan_gives_the_same_files(plan: Path, modules: Path, capsys: Said) -> None:
    write_settings(plan)
    assert write_vars(plan, modules) == 0
    before = {path: path.read_bytes() for path in modules.rglob(NAME)}
    assert write_vars(plan, modules, "--year", "2027") == 0
    assert {path: path.read_bytes() for path in modules.rglob(NAME)} == before
    out = capsys.readouterr().out
    assert "hot    nhmuk-hot   hot   aws-london     3.00 GB" in out


def test_other_peoples_variables_are_left_alone(plan: Path, modules: Path, capsys: Said) -> None:
    write_settings(plan)
    (modules / "disposable" / NAME).write_text('{"name": "nhmuk"}\n')
    assert write_vars(plan, modules) == 2
    assert "holds other variables than this command writes" in capsys.readouterr().err
    assert not (modules / "irreplaceable" / NAME).exists()


def test_a_folder_without_the_modules_is_refused(plan: Path, tmp_path: Path, capsys: Said) -> None:
    write_settings(plan)
    assert write_vars(plan, tmp_path / "elsewhere") == 2
    assert "does not hold Holdfast's Terraform modules" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def test_a_year_that_the_plan_does_not_know_is_told(plan: Path, modules: Path, capsys: Said) -> None:
    write_settings(plan)
    assert write_vars(plan, modules, "--year", "2099") == 2
    assert "knows nothing of 2099: its years end in 2027 to 2027" in capsys.readouterr().err
    assert not list(modules.rglob(NAME))


EUROPE = "\n".join(
    f"""[stores.{name}]
url = "s3://europe-{name}"
endpoint = "https://s3.{name}.example.org"
tier = "{name}"
domain = "{domain}"
price_sheet = "disk"
"""
    for name, domain in (("disk", "national-centres"), ("tape", "tape-vaults"), ("cloud", "a-provider"))
)
SCENARIOS = FOLDER.parent / "scenarios"


@pytest.mark.soak
def test_the_plan_for_europe(tmp_path: Path, modules: Path) -> None:
    path = SCENARIOS / "europe-dissco.toml"
    save_result(project(read_scenario(path, house=None), draws=2048), tmp_path / "projection.zarr")
    rest = f"""policy = "{SCENARIOS / "policies/europe.toml"}"

[bags]
store = "disk"

[prices]
disk = "{SCENARIOS / "prices/disk.toml"}"
"""
    write_settings(tmp_path, EUROPE, rest=rest)

    assert write_vars(tmp_path, modules) == 0
    first = written(modules)["irreplaceable/on_premise"]["stores"]
    assert first["cloud"]["quota_bytes"] is None, "a third copy comes after a year"
    assert write_vars(tmp_path, modules, "--year", "2036") == 0
    tenth = written(modules)["irreplaceable/on_premise"]["stores"]
    assert misfits(types("irreplaceable/on_premise")["stores"], tenth) == []
    for name, store in tenth.items():
        assert store["quota_bytes"] == store["expected"]["bytes"]["p95"] > store["expected"]["bytes"]["p50"]
        assert store["expected"]["bytes"]["p50"] > (first[name]["quota_bytes"] or 0)
        assert 10e15 < store["expected"]["bytes"]["p50"] < 100e15, "tens of petabytes after ten years"


def test_policy_settings_and_terraform_say_the_same_words() -> None:
    """Stores by name, tiers, and days: nobody has to translate."""
    templates = files("holdings.settings").joinpath("templates")
    settings = tomllib.loads(templates.joinpath("holdfast-s3.toml").read_text())
    policy = read_policy(Path(str(templates.joinpath("policy.toml"))))
    made_here = read(FOLDER / "irreplaceable/stores.tf")["locals"][0]["made_here"]
    assert list(settings["stores"]) == made_here == ["hot", "cold"]
    assert sorted(store["tier"] for store in settings["stores"].values()) == sorted(policy.tiers)
    assert {path.stem for path in (FOLDER / "irreplaceable").glob("*.tf")} >= set(made_here)

    store = types("irreplaceable")["stores"]
    planned = {field.name for field in dataclasses.fields(PlannedBucket)}
    for word in ("tier", "domain", "region"):  # of [stores.*]
        assert all(word in table for table in settings["stores"].values())
        assert f"{word} = string" in store
        assert word in planned
    assert "settle_days" in {field.name for field in dataclasses.fields(Guards)}
    assert "settle_days = number" in store
    assert settings["withdrawals"] == {"hold": "90 d"}, "retention_days, as the README says"
    for word in ("retention_days", "transition_days", "settle_days"):
        assert f"{word} = number" in store
        assert word in planned
