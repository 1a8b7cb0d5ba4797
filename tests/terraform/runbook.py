"""The commands of the runbook, word for word, and a shell to run them in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.terraform.reading import FOLDER


def blocks(heading: str) -> list[str]:
    """What is shown to be typed below a heading of terraform/README.md."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"no heading {heading}"
    level = heading.split(" ", 1)[0]
    section = re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```bash\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)


def typed(block: str, *, folder: Path, env: Mapping[str, str]) -> tuple[str, float]:
    """Run a block to its end, every command of it well; what it said, and the seconds it took."""
    began = time.monotonic()
    ours = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', os.environ['PATH'])}"
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={**env, "PATH": ours},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ran.returncode == 0, f"{block}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout, time.monotonic() - began
