from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from archive.surveying.paths import unsafe_path
from holdings.errors import BadInput
from tests.archive.helpers import surveyed


def because(source: Path) -> dict[str, str]:
    return surveyed(source).because


def accepted(source: Path) -> list[str]:
    return surveyed(source).accepted


def test_every_file_is_accepted_or_left_out_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.jpg", "é.jpg", ".DS_Store", "Thumbs.db", "DESKTOP.INI", "._a.jpg", ".hidden"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "nothing here").mkdir()
    assert accepted(tmp_path) == [".hidden", "a.jpg", "b.jpg", "é.jpg"]
    assert because(tmp_path) == {
        ".DS_Store": "left behind by an operating system",
        "._a.jpg": "left behind by an operating system",
        "DESKTOP.INI": "left behind by an operating system",
        "Thumbs.db": "left behind by an operating system",
        "empty.jpg": "it is empty",
        "nothing here/": "an empty folder; a bag holds files only",
    }


def test_links_pipes_and_sockets_are_never_followed_or_opened(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"x")
    source = tmp_path / "source"
    source.mkdir()
    (source / "file link.jpg").symlink_to(outside / "secret.jpg")
    (source / "folder link").symlink_to(outside)
    (source / "broken link").symlink_to("nowhere")
    os.mkfifo(source / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(source / "socket"))
        assert accepted(source) == []
        assert because(source) == {
            "broken link": "a link; links are not followed",
            "file link.jpg": "a link; links are not followed",
            "folder link": "a link; links are not followed",
            "pipe.jpg": "a pipe, not a file",
            "socket": "a socket, not a file",
        }


def test_a_name_that_is_not_utf8_is_left_out_and_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"x")
    assert because(tmp_path) == {"caf\\xe9.jpg": "its name is not UTF-8"}


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["A.jpg", "a.jpg"], "A.jpg"),
        (["\u00e9.jpg", "e\u0301.jpg"], "e\u0301.jpg"),
        (["STRASSE.jpg", "straße.jpg"], "STRASSE.jpg"),
        (["folder", "Folder/a.jpg"], "Folder/a.jpg"),
        (["FOLDER", "folder/a.jpg"], "FOLDER"),
    ],
)
def test_names_that_some_systems_cannot_hold_together(tmp_path: Path, names: list[str], kept: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert accepted(tmp_path) == [kept]
    (told,) = because(tmp_path).values()
    assert "only in case or Unicode form" in told


def test_folders_that_differ_in_case_may_hold_different_files(tmp_path: Path) -> None:
    for name in ("A/one.jpg", "a/two.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x")
    assert accepted(tmp_path) == ["A/one.jpg", "a/two.jpg"]


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("a\\b.jpg", "backslash"),
        ("a\x1bb.jpg", "control"),
        ("a\x85b.jpg", "control"),
        ("con", "device"),
        ("x/COM1.tif", "device"),
        ("aux .jpg", "device"),
        ("../a.jpg", "'..'"),
        ("/etc/a.jpg", "its path is absolute"),
        ("a//b.jpg", "empty"),
        ("a\udce9.jpg", "UTF-8"),
    ],
)
def test_unsafe_paths(path: str, word: str) -> None:
    assert word in (unsafe_path(path) or "")


@pytest.mark.parametrize(
    "path", ["a b.jpg", "a%0Ab.jpg", "a\nb.jpg", "console.jpg", "~root.jpg", "a..b", "…"]
)
def test_odd_but_safe_paths(path: str) -> None:
    assert unsafe_path(path) is None


def test_a_tree_deeper_than_pythons_stack(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=folder)
        deeper = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    os.close(folder)
    try:
        (left_out,) = surveyed(tmp_path).left_out
    finally:
        # shutil.rmtree, by which pytest tidies up, is not made for this.
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)
    assert left_out.path.startswith("d/d/d/")


def test_a_source_that_is_missing_or_a_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be opened"):
        surveyed(tmp_path / "missing")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(BadInput, match="is not a folder"):
        surveyed(tmp_path / "file")
