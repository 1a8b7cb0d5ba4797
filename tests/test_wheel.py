"""A wheel, built offline, holds everything; installed where the source is not, it makes the journey."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("holdings", "archive", "tiering", "capacity", "reports", "service")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Each time into a new folder; hatchling writes nothing into the source.
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (built,) = folder.glob("holdfast-*.whl")
    return built


def source_files() -> set[str]:
    """Every file of the rooms that is not made by running them."""
    return {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_the_wheel_holds_every_file_of_every_room_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        about = {name.partition("/")[2] for name in archive.namelist() if ".dist-info/" in name}
    assert held == source_files()
    assert {suffix for name in held if (suffix := Path(name).suffix)} >= {".py", ".typed", ".toml", ".html"}
    assert about >= {"METADATA", "entry_points.txt", "licenses/LICENSE"}


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert re.findall(r"^   (\d)\. [A-Z]", text, re.MULTILINE) == list("123456789")


def test_the_lock_has_names_versions_and_hashes_and_nothing_else() -> None:
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(
            r"[a-z0-9][a-z0-9._-]*==[a-z0-9.!+]+( ; [^:/]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
        ), line


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`holdfast` in an environment of its own, with the libraries of this one but not its source."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=False)
    scheme = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    libraries = tmp_path_factory.mktemp("libraries")
    for item in Path(sysconfig.get_path("purelib")).iterdir():
        # Everything but Holdfast itself and the files that lead to its source.
        if (
            not item.name.lower().startswith("holdfast")
            and item.suffix != ".pth"
            and "editable" not in item.name
        ):
            (libraries / item.name).symlink_to(item)
    (packages / "libraries.pth").write_text(f"{libraries}\n")
    python = folder / "bin/python"
    words = [
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return folder / "bin/holdfast"


def run(program: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(program), *words], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


def test_what_is_installed_is_the_wheel_and_says_its_version(installed: Path, tmp_path: Path) -> None:
    ran = run(installed, "--version", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert re.fullmatch(r"holdfast \d+\.\d+\.\d+\S*\n", ran.stdout)
    python = installed.with_name("python")
    where = run(python, "-c", "import service; print(service.__file__)", folder=tmp_path)
    assert str(installed.parents[1]) in where.stdout
    assert run(installed, "init", folder=tmp_path).returncode == 0, "templates are in the wheel"


@pytest.mark.soak
def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    ran = run(installed, "demo", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "demo/report.html").is_file()
