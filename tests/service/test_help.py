"""Every command says what it does, shows how, and says how it ends."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from service.cli.app import command_line
from tests.archive.validating.bags import bag_files, write_bag
from tests.kit.commands import afresh, holdfast

HEAVY = [
    *(
        "PIL",
        "bagit",
        "botocore",
        "dask",
        "distributed",
        "duckdb",
        "imagecodecs",
        "jinja2",
        "matplotlib",
        "numpy",
    ),
    *(
        "obstore",
        "pandas",
        "pyarrow",
        "pydantic",
        "rich",
        "s3fs",
        "scipy",
        "tifffile",
        "tiledb",
        "xarray",
        "zarr",
    ),
]


def every_command(group: Any, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The words of every command and group, the root first."""
    found = [words]
    for name, command in getattr(group, "commands", {}).items():
        found += every_command(command, (*words, name))
    return found


_GROUP_NAMES = (
    *("tier", "catalogue", "capacity", "collection", "policy", "stores", "access", "report"),
    "terraform",
)
GROUPS: list[tuple[str, ...]] = [(), *((name,) for name in _GROUP_NAMES)]
COMMANDS = every_command(typer.main.get_command(command_line()))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_has_examples_and_ends_with_exit_status(words: tuple[str, ...], tmp_path: Path) -> None:
    ran = holdfast(*words, "--help", folder=tmp_path)
    assert ran.status == 0, ran.err
    assert ran.err == ""
    assert f"EXAMPLES\n    holdfast {words[0] if words else ''}" in ran.out
    lines = ran.out.rstrip().splitlines()
    section = lines[lines.index("  EXIT STATUS") + 1 :]
    assert [line.split()[0] for line in section] == ["0", "1", "2", "3", "4", "70"]
    assert ("--json" in ran.out) == (words not in GROUPS)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; from service.cli.main import run; status = run(['--help']); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(status)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


def test_a_command_loads_no_other_and_nothing_heavy_that_it_does_not_use(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files())
    # typer 0.29 converts arguments by pydantic; 0.28, which the lock names, does not.
    others = [*(name for name in HEAVY if name != "pydantic"), "service.cli.find", "service.cli.deposit"]
    program = (
        f"import sys; from service.cli.main import run; status = run(['validate', {str(bag)!r}]); "
        f"print([name for name in {others!r} if name in sys.modules], file=sys.stderr); sys.exit(status)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


def test_help_takes_less_than_three_tenths_of_a_second(tmp_path: Path) -> None:
    # The best of a few, in processor time: other work on the machine is not our slowness.
    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert afresh("--help", folder=tmp_path).status == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(7)) < 0.3


def test_version_names_the_program(tmp_path: Path) -> None:
    ran = holdfast("--version", folder=tmp_path)
    assert (ran.status, ran.err) == (0, "")
    name, version = ran.out.split()
    assert name == "holdfast"
    assert version[0].isdigit()


@pytest.mark.parametrize("words", GROUPS)
def test_a_group_alone_shows_its_help_and_is_bad_input(words: tuple[str, ...], tmp_path: Path) -> None:
    ran = holdfast(*words, folder=tmp_path)
    assert ran.status == 2
    assert "Usage: holdfast" in ran.err
    assert ran.out == ""
