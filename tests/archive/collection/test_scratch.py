"""Folders on this machine's disk: a killed run cannot clear its own, so the next one does."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from archive.collection.scratch import ScratchFolder


def test_what_a_killed_run_left_is_removed_and_what_is_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    other = tmp_path / "somebody-else"
    other.mkdir()
    killed, living = ScratchFolder(), ScratchFolder()
    for folder in (killed.path, living.path):
        (folder / "deep").mkdir()
        (folder / "deep" / "data").write_bytes(b"pixels")
    assert killed._lock is not None
    os.close(killed._lock)  # as the end of its process does
    new = ScratchFolder()
    assert sorted(tmp_path.iterdir()) == sorted([other, living.path, new.path])
    assert (living.path / "deep" / "data").read_bytes() == b"pixels"
    living.close()
    new.close()
    assert list(tmp_path.iterdir()) == [other]
