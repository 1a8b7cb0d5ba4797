"""Running `holdfast` as people do: as a program of its own.

To start a program costs more than most commands do, since numpy, pyarrow and their like have to
be loaded each time. So programs are forked from a server that has loaded them (the standard
library's forkserver) and does nothing else: each has a process, a session, a working folder, an
environment and an end of its own, and may be killed. `afresh` starts one from nothing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any

_LOADED = (
    *("service.cli.app", "service.cli.main", "service.cli.session", "service.cli.progress"),
    *("holdings.opening", "holdings.settings.reading", "archive.deposit", "archive.verifying"),
    *("archive.collection.building", "tiering.planning", "tiering.applying", "tiering.status"),
    *("capacity.engine", "capacity.results", "reports.writing", "service.demo.journey"),
)
_FORKING = get_context("forkserver")
_FORKING.set_forkserver_preload(list(_LOADED))


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
    return _ran(words, folder, env, lambda process, _: process.join(timeout))


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

    def meet(process: ForkServerProcess, began: float) -> None:
        assert process.pid is not None
        while process.is_alive() and time.monotonic() - began < after_seconds and not once():
            watch(process.pid)
            time.sleep(0.002)

    return _ran(words, folder, env, meet)


def afresh(*words: str | Path, folder: Path) -> Ran:
    """Run to the end in `folder`, in an interpreter that has loaded nothing."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", "from service.cli.main import main; main()", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(status=done.returncode, out=done.stdout, err=done.stderr, seconds=time.monotonic() - began)


def _ran(
    words: tuple[str | Path, ...],
    folder: Path,
    env: Mapping[str, str] | None,
    wait: Callable[[ForkServerProcess, float], None],
) -> Ran:
    """Start, wait, and kill with all that it started what is still alive then."""
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("r+") as out, tempfile.NamedTemporaryFile("r+") as err:
        process = _FORKING.Process(
            target=_play,
            args=([*map(str, words)], str(folder), {**os.environ, **(env or {})}, out.name, err.name),
        )
        process.start()
        wait(process, began)
        if process.is_alive():
            _kill(process)
        process.join(30)
        status, seconds = process.exitcode, time.monotonic() - began
        assert status is not None
        process.close()
        return Ran(status=status, out=_said(out), err=_said(err), seconds=seconds)


def _kill(process: ForkServerProcess) -> None:
    assert process.pid is not None
    with suppress(ProcessLookupError):  # it has not yet come so far as to have a group of its own
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _said(written: IO[str]) -> str:
    written.seek(0)
    return written.read()


def _play(words: list[str], folder: str, env: dict[str, str], out: str, err: str) -> None:
    """In the forked process: become the program."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in enumerate(
        (nothing, os.open(out, os.O_WRONLY | os.O_APPEND), os.open(err, os.O_WRONLY | os.O_APPEND))
    ):
        os.dup2(target, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (as long as the process)
    sys.argv = ["holdfast", *words]
    from service.cli.main import main  # noqa: PLC0415  (loaded in the server)

    main()
