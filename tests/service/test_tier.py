"""What `holdfast tier` says where something is in the way, or due."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.main import run


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
    assert "move the damaged objects out of cold by hand" in said.out
    assert "it moves nothing" in said.err
    bag.unlink()
    assert run(["verify"]) == 1
    assert run(["tier", "plan", "--now", "+400d", "-o", "mending.json"]) == 0
    assert run(["tier", "apply", "mending.json"]) == 0
    assert run(["verify"]) == 0
