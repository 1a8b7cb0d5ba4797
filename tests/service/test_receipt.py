"""`holdfast receipt`, and the receipt that `holdfast deposit` writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.service.conftest import run_in


def test_a_deposit_leaves_its_receipt_and_it_can_be_made_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (page,) = (folder / "receipts").glob("*.html")
    package_id = page.stem
    first = json.loads(page.with_suffix(".json").read_text())
    assert first["left_out"] == []
    assert run_in(folder, "receipt", package_id) == 2
    assert "is there already" in capsys.readouterr().err
    assert json.loads(page.with_suffix(".json").read_text()) == first
    assert run_in(folder, "receipt", package_id, "--receipt", "again") == 0
    assert f"again/{package_id}.html" in capsys.readouterr().out
    again = json.loads((folder / "again" / f"{package_id}.json").read_text())
    assert again["left_out"] is None
    assert again["images"] == first["images"]


def test_where_no_receipt_can_be_written_nothing_is_deposited(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").write_text("in the way")
    assert run_in(folder, "deposit", "source", "-c", "other", "--receipt", "file") == 2
    assert "--receipt" in capsys.readouterr().err
    assert run_in(folder, "find", "-c", "other") == 0
    assert capsys.readouterr().out == ""


def test_no_such_package(folder: Path) -> None:
    assert run_in(folder, "receipt", "sheets-000000000000") == 1


def test_what_was_noticed_in_the_metadata_is_told_everywhere(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "table.csv").write_text("fileName,country\nsheet-001.jpg,Peru,more\nsheet-002.jpg,Chad\n")
    sentence = "table.csv, line 2 has 3 fields where the table has 2; it is not used."
    assert run_in(folder, "deposit", "source", "-c", "noticed", "--metadata", "table.csv") == 0
    assert f"Noticed: {sentence}" in capsys.readouterr().out
    (page,) = (folder / "receipts").glob("noticed-*.html")
    assert sentence in page.read_text()
    assert json.loads(page.with_suffix(".json").read_text())["matched"]["noticed"][-1] == sentence


def test_a_name_that_is_held_with_other_content_is_told_everywhere(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (page,) = (folder / "receipts").glob("*.html")
    with (folder / "source" / "sheet-002.tif").open("ab") as scan:
        scan.write(b"rescanned")
    assert run_in(folder, "deposit", "source", "-c", "sheets") == 0
    said = capsys.readouterr().out
    assert f"sheet-002.tif; another content under it is held in {page.stem}; both are kept." in said
    assert f"1 image with the same name and content is in {page.stem}, too." in said
    (new,) = set((folder / "receipts").glob("*.html")) - {page}
    assert f"sheet-002.tif is held with other content in {page.stem}, too." in new.read_text()
    assert json.loads(new.with_suffix(".json").read_text())["same_names"] == {
        "other_content": 1,
        "first": [{"path": "sheet-002.tif", "package_id": page.stem}],
        "same_content": 1,
        "packages": [page.stem],
    }


def test_a_new_version_is_called_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_in(folder, "deposit", "source", "-c", "sheets") == 0
    assert "new version" not in capsys.readouterr().out
    (folder / "table.csv").write_text("fileName,country\nsheet-001.jpg,Peru\n")
    assert run_in(folder, "deposit", "source", "-c", "sheets", "--metadata", "table.csv") == 0
    assert "1 bag is a new version" in capsys.readouterr().out
