"""`holdfast find`, `withdraw` and `verify --sample`, as people type them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from service.cli.main import run

Said = pytest.CaptureFixture[str]


def said(capsys: Said, *words: str, status: int = 0) -> str:
    capsys.readouterr()
    assert run(words) == status, capsys.readouterr().err
    return capsys.readouterr().out


@pytest.fixture
def image_id(folder: Path, capsys: Said) -> str:
    rows = json.loads(said(capsys, "find", "--json"))
    return str(rows[0]["image_id"])


def test_conditions_narrow_what_is_found(folder: Path, capsys: Said, image_id: str) -> None:
    assert said(capsys, "find", "--identifier", image_id).split()[0] == image_id
    assert len(said(capsys, "find", "--path", "sheet-*", "--deposited", "2020..").splitlines()) == 2
    assert said(capsys, "find", "--format", "jpeg", "--size", ">1B").count("image/jpeg") == 1
    assert said(capsys, "find", "--term", "country=France") == ""
    assert said(capsys, "find", "--deposited", "..2019") == ""


def test_tables_go_into_files(folder: Path) -> None:
    assert run(["find", "-o", "all.csv"]) == 0
    assert run(["find", "-o", "all.parquet"]) == 0
    assert run(["find", "--sql", "SELECT image_id, size_bytes FROM images", "-o", "some.csv"]) == 0
    assert pc.read_csv("all.csv").num_rows == pq.read_table("all.parquet").num_rows == 2
    assert pc.read_csv("some.csv").column_names == ["image_id", "size_bytes"]
    assert run(["find", "-o", "all.csv"]) == 2, "what is there is not written over"
    assert run(["find", "-o", "all.txt"]) == 2
    assert run(["find", "--csv", "--json"]) == 2


def test_a_question_in_sql(folder: Path, capsys: Said) -> None:
    query = "SELECT count(*) AS n, sum(size_bytes) AS bytes FROM images"
    counted = said(capsys, "find", "--json", "--sql", query)
    assert json.loads(counted)[0]["n"] == 2
    ledger = said(capsys, "find", "--sql", "SELECT kind, images FROM packages")
    assert ledger.split() == ["kind", "images", "bag", "2"]
    assert said(capsys, "find", "--sql", "SELECT count(*) AS n FROM events JOIN copies USING (package_id)")
    said(capsys, "find", "--sql", "SELECT * FROM '/etc/passwd'", status=2)
    said(capsys, "find", "text", "--sql", "SELECT 1", status=2)


def test_what_is_withdrawn_says_so(folder: Path, capsys: Said, image_id: str) -> None:
    told = said(capsys, "withdraw", image_id, "--reason", "a protected species", "--by", "A. Keeper")
    assert "Its bytes stay, at least until" in told
    assert image_id not in said(capsys, "find")
    assert "by A. Keeper: a protected species." in said(capsys, "find", "--withdrawn")
    (row,) = json.loads(said(capsys, "find", "--withdrawn", "--json"))
    assert row["withdrawn"]["reason"] == "a protected species"
    assert run(["get", image_id, "-o", "x"]) == 1
    assert "--undo" in capsys.readouterr().err
    assert "It is as it was" in said(capsys, "withdraw", image_id, "--reason", "again")
    said(capsys, "withdraw", "--undo", image_id, "--reason", "a mistake")
    said(capsys, "withdraw", "--undo", image_id, "--reason", "a mistake", status=1)
    assert image_id in said(capsys, "find")
    said(capsys, "withdraw", "sheets-000000000000", "--reason", "none", status=1)


def test_a_sample_is_verified_and_says_what_it_tells(folder: Path, capsys: Said) -> None:
    assert "with 95 % confidence at most 0 of all (0 %) are bad. Seed 7." in said(
        capsys, "verify", "--sample", "50%", "--seed", "7"
    )
    said(capsys, "verify", "--seed", "7", status=2)
    said(capsys, "verify", "--sample", "7", status=2)
