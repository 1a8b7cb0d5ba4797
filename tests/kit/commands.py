"""Running `holdfast` as people do: as a program of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
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
    *words: str | Path,
    folder: Path,
    after_seconds: float,
    once: Callable[[], bool] = lambda: False,
    env: Mapping[str, str] | None = None,
    watch: Callable[[int], None] = lambda _: None,
) -> Ran:
    """Start, kill -9 the whole process group, and tell what was said until then.

    The kill falls `after_seconds` after the start, or as soon as `once` says so. How long a
    command takes hangs on the machine; a test that has to meet it at work gives `once`.
    `watch` is shown the program's number again and again while it works.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            [*_PROGRAM, *map(str, words)],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        while process.poll() is None and time.monotonic() - began < after_seconds and not once():
            watch(process.pid)
            time.sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait(timeout=30)
        out.seek(0)
        err.seek(0)
        return Ran(status=status, out=out.read(), err=err.read(), seconds=time.monotonic() - began)
