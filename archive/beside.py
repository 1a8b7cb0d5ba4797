"""A program of ours in a process beside this one, with a line to it: it ends when nobody asks any more."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Mapping

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from {} import main; main()"


def begin_beside(
    module: str, *words: str, env: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Run `main()` of a module: the process, and our end of the line to it.

    It finds the number of its own end in `sys.argv[1]`, and `words` from `sys.argv[3]` on. Whatever
    program this process is, nothing of it is run again.

    env : None means this process's.
    """
    start = _START.format(module)
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", start, str(theirs.fileno()), json.dumps(sys.path), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=env,
            )
        except BaseException:
            ours.close()
            raise
    return process, ours
