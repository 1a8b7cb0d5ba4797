"""What `holdfast deposit` makes of its words before it looks at a file."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from service.cli.main import run


@pytest.mark.parametrize("named", ["source/", "nhm-pinned.tar"])
def test_without_a_collection_the_source_names_it(
    folder: Path, capsys: pytest.CaptureFixture[str], named: str
) -> None:
    with tarfile.open("nhm-pinned.tar", "w") as tar:
        tar.add("source")
    capsys.readouterr()
    assert run(["deposit", named, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["collection"] == named.rstrip("/").removesuffix(".tar")


def test_a_source_that_can_name_no_collection_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "source").rename("Photos (1)")
    capsys.readouterr()
    assert run(["deposit", "Photos (1)"]) == 2
    said = capsys.readouterr().err
    assert "'Photos (1)' cannot name a collection" in said
    assert "Try: Name the collection: --collection" in said


def test_records_are_not_looked_for_in_an_archive(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "source" / "records.csv").write_text("catalogNumber\n1\n")
    with tarfile.open("sheets.tar", "w") as tar:
        tar.add("source")
    assert run(["deposit", "sheets.tar", "--metadata", "records.csv"]) == 2
    assert "A source that is no folder is not looked into" in capsys.readouterr().err
