"""What the README says is true: its commands run, its output is what they print, nothing is left out."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from service.cli.app import command_line
from service.cli.main import run
from tests.kit.commands import holdfast
from tests.kit.pictures import write_pictures
from tests.service.test_help import GROUPS, every_command

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_NUMBER = re.compile(r"\d[\d,.]*")
_SIZE = re.compile(r"# [kMGT]?B\b")


def sessions() -> list[list[tuple[str, str]]]:
    """Every console block: its commands, each with the output that is shown."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    return [list(_commands(block)) for block in blocks]


def _commands(block: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def shape(text: str) -> list[list[str]]:
    """`text` without what differs from run to run: numbers, sizes, hashes, and where the folder is."""
    text = re.sub(r"(?:/[^\s/]+)+/(?=demo/|safe\b|catalogue/)", "/…/", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "#", text)
    text = re.sub(r"\b([a-z-]+)-[0-9a-f]{12}\b", r"\1-#", text)
    text = re.sub(r"\b\d{8}T\d+Z\b", "#", text)
    text = _SIZE.sub("# B", _NUMBER.sub("#", text))
    return [line.split() for line in text.strip().splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    write_pictures(folder / "photos", 3, size=(1800, 1200))
    return folder


def test_the_quickstart_prints_what_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    told = [pair for session in sessions() for pair in session if not _apart(pair[0])]
    assert len(told) > 10
    ours = ""
    for command, output in told:
        program, *words = shlex.split(re.sub(r"nhmuk-pinned-[0-9a-f]{12}", ours, command))
        assert program == "holdfast"
        status, said = run(words), capsys.readouterr()
        assert status == 0, said.err
        assert shape(said.out) == shape(output), command
        if words[0] == "deposit":
            ours = said.out.split()[0]


def _apart(command: str) -> bool:
    # The demo's block is compared in tests/service/test_demo.py, where the demo is run anyway.
    return command in ("holdfast --help", "holdfast demo demo")


def test_the_help_is_word_for_word(tmp_path: Path) -> None:
    (shown,) = [
        output for session in sessions() for command, output in session if command == "holdfast --help"
    ]
    assert shown == holdfast("--help", folder=tmp_path, env={"COLUMNS": "80"}).out


@pytest.mark.parametrize(
    "words", [words for words in every_command(typer.main.get_command(command_line())) if words], ids=" ".join
)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    assert f"holdfast {' '.join(words)}" in README


def test_every_word_after_holdfast_is_a_command() -> None:
    known = {words[0] for words in every_command(typer.main.get_command(command_line())) if words}
    named = set(re.findall(r"`holdfast ([a-z]+)", README)) | {
        command.split()[1] for session in sessions() for command, _ in session
    }
    assert named <= known | {"--help"}
    assert {words[0] for words in GROUPS if words} <= named


def test_every_folder_and_file_that_is_named_is_there() -> None:
    named = re.findall(r"`([a-z]+/[a-z/._]*)`", README) + re.findall(r"\]\(([^)#:]+)\)", README)
    made_by_commands = {"demo/report.html"}
    missing = [name for name in named if name not in made_by_commands and not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("target", re.findall(r"^    make ([a-z]+)", README, flags=re.MULTILINE))
def test_every_make_target_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_shape_forgets_numbers_and_nothing_else() -> None:
    assert shape("a-b-0123456789ab is held: 3 images, 14.3 MB") == shape(
        "a-b-ba9876543210 is held: 4 images, 9 kB"
    )
    assert shape("3 images") != shape("3 pictures")
    assert shape(f"{os.sep}tmp/x/demo/report.html") == shape("/home/you/demo/report.html")
