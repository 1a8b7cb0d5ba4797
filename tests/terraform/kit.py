"""Terraform with the stand-in provider: offline, in a folder of its own, never against a real account."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "terraform"
_VERSION = "6.99.0"


class Terraform:
    """The program, a copy of our modules, and a mirror that holds the stand-in."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._home = folder / "home"
        self._home.mkdir()
        self.modules = folder / "terraform"
        shutil.copytree(FOLDER, self.modules, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        self._settings = folder / "terraform.rc"
        mirror = f'filesystem_mirror {{\n    path = "{self._mirror(folder)}"\n  }}'
        self._settings.write_text(f"provider_installation {{\n  {mirror}\n}}\n")

    def _mirror(self, folder: Path) -> Path:
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        mirror = folder / "mirror"
        provider = mirror / "registry.terraform.io/hashicorp/aws" / _VERSION / f"linux_{machine}"
        provider.mkdir(parents=True)
        launcher = provider / f"terraform-provider-aws_v{_VERSION}"
        launcher.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.terraform.stand_in.provider\n'
        )
        launcher.chmod(0o755)
        return mirror

    @property
    def environment(self) -> dict[str, str]:
        """What the program needs, and nothing of whoever runs the tests."""
        plain = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        return {
            **plain,
            "HOME": str(self._home),
            "TF_CLI_CONFIG_FILE": str(self._settings),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }

    def run(
        self, *words: str, at: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Terraform in the root module `at`, to its end."""
        return subprocess.run(
            [self._program, f"-chdir={self.modules / at}", *words],
            env={**self.environment, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def ready(self, at: str) -> None:
        """`terraform init`, from the mirror alone."""
        ran = self.run("init", "-input=false", "-no-color", at=at)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def terraform_or_skip() -> str:
    """Where the program is; without it the test is skipped, and says so."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("the terraform program is not on this machine")
    return program
