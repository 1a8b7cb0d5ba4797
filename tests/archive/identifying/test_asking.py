"""Whatever becomes of the process that knows PRONOM's signatures, files are known."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from archive.identifying import asking
from archive.identifying.asking import Matches, matches_of


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "a.gif"
    path.write_bytes(b"GIF89a" + bytes(20) + b";")
    return str(path)


def running() -> int:
    """The process that is asked now."""
    return asking._running[0]._process.pid


def test_one_process_answers_for_all(picture: str) -> None:
    assert matches_of([picture])[picture][0]["id"] == "fmt/4"
    first = running()
    matches_of([picture])
    assert running() == first


def test_another_answers_for_one_that_died(picture: str) -> None:
    matches_of([picture])
    first = running()
    os.kill(first, signal.SIGKILL)
    assert matches_of([picture])[picture][0]["id"] == "fmt/4"
    assert running() != first


def test_one_that_is_idle_ends_and_gives_its_memory_back(
    picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.end()
    monkeypatch.setattr(asking, "_IDLE_SECONDS", 0.1)
    matches_of([picture])
    process = asking._running[0]._process
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert process.returncode == 0
    assert matches_of([picture])[picture]


def test_a_file_over_which_they_die_is_unknown_and_the_others_are_not(
    picture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = asking._Process.ask

    def dies(process: asking._Process, paths: Sequence[str]) -> dict[str, Matches]:
        if any("deadly" in path for path in paths):
            process._process.kill()
            process._process.wait()
        return ask(process, paths)

    monkeypatch.setattr(asking._Process, "ask", dies)
    deadly = tmp_path / "deadly.gif"
    deadly.write_bytes(b"GIF89a")
    assert list(matches_of([picture, str(deadly)])) == [picture]
