"""checkov over the modules: nothing found, or excused beside the code with a reason.

It pins what it needs to versions that Holdfast cannot live with, so it has an environment of its own
(`make checkov`); where there is none, the test is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terraform.reading import FOLDER

BESIDE = FOLDER.parent / ".venv-checkov/bin/checkov"


def checkov_or_skip() -> str:
    program = str(BESIDE) if BESIDE.is_file() else shutil.which("checkov")
    if program is None:
        pytest.skip("checkov is not on this machine (make checkov)")
    return program


def test_checkov_finds_nothing_that_is_not_excused(tmp_path: Path) -> None:
    words = ("--directory", str(FOLDER), "--framework", "terraform", "--skip-download", "--output", "json")
    ran = subprocess.run(
        [checkov_or_skip(), *words],
        env={**os.environ, "HOME": str(tmp_path), "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    told = json.loads(ran.stdout)
    failed = told["results"]["failed_checks"]
    assert [(check["check_id"], check["resource"]) for check in failed] == []
    assert told["summary"]["passed"] > 300
    unread = [path for path in told["results"]["parsing_errors"] if path.endswith(".tf")]
    assert unread == [], "what is not read has no findings"
    assert all(
        len(check["check_result"]["suppress_comment"]) > 10 for check in told["results"]["skipped_checks"]
    )
