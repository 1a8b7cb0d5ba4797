"""A house with one deposit, made once and copied for each test that changes it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli.main import run
from tests.kit.pictures import write_pictures


def run_in(folder: Path, *words: str) -> int:
    """A command in this process: quick, as everything heavy is imported once."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return run(words)
    finally:
        os.chdir(before)


@pytest.fixture(scope="session")
def model_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    assert run_in(folder, "init") == 0
    write_pictures(folder / "source", 2)
    assert run_in(folder, "deposit", "source", "-c", "sheets") == 0
    return folder


@pytest.fixture
def folder(model_house: Path, tmp_path: Path) -> Iterator[Path]:
    """A house with one deposit of two pictures, from `source`; the working folder meanwhile."""
    copy = tmp_path / "house"
    shutil.copytree(model_house, copy)
    before = Path.cwd()
    os.chdir(copy)
    yield copy
    os.chdir(before)
