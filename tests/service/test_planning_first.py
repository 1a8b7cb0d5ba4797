"""A plan is made before there are buckets: it asks no store, and the catalogue only where it must."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.cli.main import run
from tests.service.conftest import run_in


@pytest.fixture
def before_there_are_buckets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for nobodys in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(nobodys, os.devnull)
    assert run(["init", "--s3", str(tmp_path / "house")]) == 0
    settings = tmp_path / "house" / "holdfast.toml"
    text = settings.read_text()
    for provider in ("eu-central-1.amazonaws.com", "eu-west-1.amazonaws.com"):
        text = text.replace(f"https://s3.{provider}", "http://127.0.0.1:9")  # nobody answers there
    text = text.replace('price_sheet = "s3-standard"', 'price_sheet = "local-disk"')
    settings.write_text(text.replace('price_sheet = "s3-deep-archive"', 'price_sheet = "local-cold"'))
    return tmp_path / "house"


def test_a_plan_needs_no_bucket(before_there_are_buckets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_in(before_there_are_buckets, "capacity", "run", "scenario.toml", "--draws", "16") == 0
    assert "One small herbarium" in capsys.readouterr().out
    assert not (before_there_are_buckets / "catalogue").exists()


def test_a_scenario_that_measures_asks_them_after_all(
    before_there_are_buckets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = before_there_are_buckets / "scenario.toml"
    kind = "[object_types.herbarium-sheet"
    before, _, rest = scenario.read_text().partition(f"{kind}.image_bytes]\n")
    measured = before.replace(f"{kind}]\n", f'{kind}]\nimage_bytes = {{ from = "catalogue" }}\n')
    scenario.write_text(measured + rest.partition("\n\n")[2])
    assert run_in(before_there_are_buckets, "capacity", "run", "scenario.toml", "--draws", "16") == 2
    assert "cannot come from = \"catalogue\": The store 'hot' names the profile" in capsys.readouterr().err
