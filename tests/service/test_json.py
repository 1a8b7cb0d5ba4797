"""`--json` on every command: one document on stdout, words on stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer.main

from service.cli.app import command_line
from service.cli.main import run
from tests.service.test_help import GROUPS, every_command

Said = pytest.CaptureFixture[str]


def told(capsys: Said, *words: str, status: int = 0) -> Any:
    """What a command says with --json: exactly one document."""
    capsys.readouterr()
    assert run([*words, "--json"]) == status
    return json.loads(capsys.readouterr().out)


_ROW = (
    *("image_id", "package_id", "path", "bytes", "sha256"),
    *("media_type", "width_px", "height_px"),
)
"""What every answer says of an image."""


def test_every_command_says_one_document(folder: Path, capsys: Said) -> None:
    tried: set[tuple[str, ...]] = set()

    def tell(*words: str, status: int = 0) -> Any:
        tried.add(next(known for known in sorted(COMMANDS, reverse=True) if words[: len(known)] == known))
        return told(capsys, *words, status=status)

    assert [Path(path).name for path in tell("init", "elsewhere")["written"]][-1] == "holdfast.toml"
    assert "s3://" in tell("init", "--s3")["settings"]

    deposited = tell("deposit", "source", "-c", "sheets")
    package_id = deposited["package_id"]
    assert (deposited["accepted"], deposited["already_held"]) == (2, True)

    rows = tell("find")
    assert [{name: row[name] for name in _ROW} for row in rows] == deposited["images"]
    assert tell("find", "no such thing") == []
    assert tell("withdraw", rows[0]["image_id"], "--reason", "a test")["withdrawn"]
    assert tell("withdraw", "--undo", rows[0]["image_id"], "--reason", "a test")["not_withdrawn"] == []

    got = tell("get", rows[0]["image_id"], "-o", "back.jpg")
    assert (got["sha256"], got["store"]) == (rows[0]["sha256"], "hot")

    made = tell("receipt", package_id, "--overwrite")
    assert [Path(path).suffix for path in made["receipts"]] == [".html", ".json"]

    assert tell("verify")["good"] is True
    assert tell("export", package_id, "bag", "--second-opinion")["second_opinion"] == "valid"

    assert tell("validate", "bag")["valid"] is True

    assert tell("collection", "build", "-c", "sheets", "--estimate")["images"] == 2
    collection = tell("collection", "build", "-c", "sheets")
    assert (len(collection["images"]), collection["left_out"]) == (2, [])
    image_id = collection["images"][0]["image_id"]
    assert len(tell("collection", "open", image_id)["python"]) == 3
    seen = tell("collection", "window", image_id, "--box", "0:4,0:6", "-o", "part.png")
    assert (seen["height_px"], seen["width_px"]) == (4, 6)
    assert tell("collection", "rebuild", collection["package_id"])["same"] is True

    planned = tell("tier", "plan", "--now", "+400d", "-o", "plan.json")
    assert planned == json.loads((folder / "plan.json").read_text())
    assert [move["package_id"] for move in planned["moves"]] == [package_id]
    assert tell("tier", "apply", "plan.json")["complete"] is True
    assert [store["store"] for store in tell("tier", "status")["stores"]] == ["hot", "cold"]

    assert tell("policy", "check", "policy.toml")["never_match"] == []
    assert tell("policy", "explain", package_id)["rule"]["name"] == "everything else is hot"
    assert tell("policy", "diff", "policy.toml", "policy.toml")["changes"] == []
    (laid,) = tell("hold", package_id, "--reason", "on loan", "--owner", "us")["holds"]
    assert tell("release", laid["hold_id"], "--reason", "back")["released"]["package_id"] == package_id
    assert tell("audit", "--share", "1/2")["good"] is True
    assert tell("repair")["repaired"] == []
    assert all(each["holds"] for each in tell("stores", "probe", "cold")["proved"])
    assert "is not new" in tell("stores", "make", "cold", status=1)["error"]["sentence"]
    assert tell("recall", package_id)["packages"][0]["awake"] is True
    (folder / "access.log").write_text("")
    assert tell("access", "import", "access.log")["logs"][0]["reads"] == 0

    assert tell("catalogue", "check")["ok"] is True
    assert tell("catalogue", "rebuild")["images"] == 2
    assert tell("catalogue", "backup", "safe")["files"] > 1
    assert tell("catalogue", "restore", "safe", status=1)["error"]["kind"] == "conflict"
    (folder / "catalogue/catalogue.duckdb").unlink()
    assert tell("catalogue", "restore", "safe")["images"] == 2
    assert tell("catalogue", "check")["ok"] is True

    run_words = ("capacity", "run", "scenario.toml", "--draws", "64", "-o", "projection.zarr")
    projected = tell(*run_words)
    assert len(projected["years"]) == 10
    assert projected == tell(*run_words), "the same seed, the same answer"
    assert tell("capacity", "rerun", "projection.zarr")["same"] is True
    assert (
        "months and stores" in tell("capacity", "actuals", "projection.zarr", status=2)["error"]["sentence"]
    )
    assert "fewer than" in tell("capacity", "calibrate", status=2)["error"]["sentence"]
    assert tell("capacity", "check", "scenario.toml", status=1)["check"]["unsourced"] == []
    compared = tell("capacity", "compare", "scenario.toml", "scenario.toml", "--draws", "64")
    assert compared["comparison"]["steps"] == []
    moved = tell("capacity", "sensitivity", "scenario.toml", "--points", "2", "--draws", "64")
    assert "of the spread of the cost" in moved["sentences"]["cost"]
    best = tell("capacity", "optimise", "one-herbarium", "--most-lost", "1e9", "--draws", "16")
    assert best["optimum"]["best"]["is_allowed"] is True
    (folder / "held.csv").write_text("Date,TB\n2020-01-01,7\n2020-07-01,9\n2021-01-01,11\n2021-07-01,13\n")
    told_back = tell("capacity", "backtest", "held.csv", "--column", "TB", "--cut", "2021-06-01")
    assert told_back["backtest"]["points_before"] == 3
    refused = tell("terraform", "vars", "projection.zarr", status=2)["error"]
    assert "No store of the plan is in S3" in refused["sentence"]
    assert Path(tell("report", "capacity", "projection.zarr", "-o", "page.html")["report"]).is_file()
    assert tell("report", "verify", "page.html")["verification"]["same_bytes"] is True
    reckoned = tell("report", "plan-vs-actual", "projection.zarr", "-o", "reckoning.md", status=2)
    assert "months and stores" in reckoned["error"]["sentence"]
    for what in (["holdings"], ["deposit", package_id], ["tiering"]):
        page = tell("report", *what, "-o", f"{what[0]}.html")["report"]
        assert tell("report", "verify", page)["verification"]["differences"] == []

    assert set(COMMANDS) - tried == {("demo",)}, "the demo has tests of its own"


COMMANDS = [words for words in every_command(typer.main.get_command(command_line())) if words not in GROUPS]


def test_progress_and_complaints_stay_out_of_the_document(folder: Path, capsys: Said) -> None:
    error = told(capsys, "get", "nonsense", "-o", "x", status=2)["error"]
    assert set(error) == {"kind", "sentence", "hint"}
