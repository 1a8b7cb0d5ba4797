"""Running `holdfast` as people do: as a program of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = [sys.executable, "-c", "from service.cli.main import main; main()"]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command said and how it ended."""

    status: int
    """Negative: killed by that signal."""
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


def holdfast(
    *words: str | Path, folder: Path, env: Mapping[str, str] | None = None, timeout: float = 120
) -> Ran:
    """Run to the end in `folder`."""
    began = time.monotonic()
    done = subprocess.run(
        [*_PROGRAM, *map(str, words)],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ran(status=done.returncode, out=done.stdout, err=done.stderr, seconds=time.monotonic() - began)


def killed(
    *words: str | Path, folder: Path, after_seconds: float, env: Mapping[str, str] | None = None
) -> Ran:
    """Start, kill -9 the whole process group after `after_seconds`, and tell what was said until then."""
    began = time.monotonic()
    process = subprocess.Popen(
        [*_PROGRAM, *map(str, words)],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=after_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=30)
    return Ran(status=process.returncode, out=out, err=err, seconds=time.monotonic() - began)
