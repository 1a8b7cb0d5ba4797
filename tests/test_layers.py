"""The arrows of the house point down, and a tool says so."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ["holdings", "archive", "tiering", "capacity", "reports", "service"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    words = [sys.executable, "-c", program, "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_are_kept() -> None:
    ran = lint_imports(ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " 0 broken" in ran.stdout


def test_a_contract_that_is_broken_is_found(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (arrows,) = [each for each in project["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "holdings/wrong.py").write_text("import service\n")
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.importlinter]\nroot_packages = {ROOMS}\n[[tool.importlinter.contracts]]\n"
        f'name = "arrows"\ntype = "layers"\nlayers = {arrows["layers"]}\n'
    )
    ran = lint_imports(tmp_path)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "holdings.wrong -> service" in ran.stdout


def test_every_room_is_built_checked_and_typed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert sorted(project["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(ROOMS)
    assert sorted(project["importlinter"]["root_packages"]) == sorted(ROOMS)
    assert set(ROOMS) <= set(project["mypy"]["packages"])
    for room in ROOMS:
        assert (ROOT / room / "py.typed").is_file()
