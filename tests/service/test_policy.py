"""What `holdfast policy` says of a package, and of another policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.cli.main import run

Said = pytest.CaptureFixture[str]


def test_a_rule_is_explained_in_one_sentence(folder: Path, capsys: Said) -> None:
    (package,) = (folder / "stores/hot/packages").iterdir()
    assert run(["policy", "explain", package.name, "--at", "+400d"]) == 0
    assert capsys.readouterr().out == (
        f"{package.name} is a bag of sheets, 400 days old, so the rule 'old bags also rest in cold' decides "
        "(kind = 'bag' and age_days >= 365), which wants 2 copies (1 in hot and 1 in cold over 2 domains) "
        'for this reason: "A bag that is a year old needs a copy that fails for other reasons"; '
        "it lies in hot (verified).\n"
    )


def test_packages_that_another_policy_would_place_otherwise_are_named(folder: Path, capsys: Said) -> None:
    (package,) = (folder / "stores/hot/packages").iterdir()
    other = folder / "other.toml"
    other.write_text((folder / "policy.toml").read_text().replace("age_days >= 365", "age_days >= 0"))
    assert run(["policy", "diff", "policy.toml", "other.toml"]) == 1
    told, named = capsys.readouterr().out.splitlines()
    assert told.startswith("everything else is hot -> old bags also rest in cold: 1 package, ")
    assert "; +1 in cold each; " in told
    assert named == f"  {package.name}"
    assert run(["policy", "diff", "policy.toml", "other.toml", "--json"]) == 1
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert change["package_ids"] == [package.name]


def test_a_tier_that_no_store_is_in_is_warned_of_where_there_are_settings(folder: Path, capsys: Said) -> None:
    policy = folder / "policy.toml"
    policy.write_text(policy.read_text().replace("copies = { hot = 1 }", "copies = { warm = 1 }"))
    assert run(["policy", "check", "policy.toml"]) == 1
    assert "No store of the settings is in the tier 'warm'." in capsys.readouterr().out
    (folder / "holdfast.toml").rename("others.toml")
    assert run(["policy", "check", "policy.toml"]) == 0
    capsys.readouterr()
    assert run(["policy", "check", "policy.toml", "--settings", "others.toml", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["unknown_tiers"] == ["warm"]
