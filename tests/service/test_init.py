"""What `holdfast init` says to do next must work when it is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.main import run


def test_folders_can_be_used_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "here")]) == 0
    assert f"Next: cd {tmp_path / 'here'} && holdfast deposit" in capsys.readouterr().out


def test_buckets_have_to_be_named_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--s3", str(tmp_path / "there")]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Next: name your buckets, endpoints and profiles in ")
    assert str(tmp_path / "there" / "holdfast.toml") in last
