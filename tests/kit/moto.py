"""Cold classes that must be asked before they give anything back: `moto`, as a server on loopback.

It accepts wrong checksums and knows no secrets, so it stands in for nothing but restore
requests. Its transitions are advanced by hand: the timed ones are inverted in 5.2.5.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READY_SECONDS = 60.0
LOOKS_UNTIL_RESTORED = 3
"""How often a restore must be looked at (HEAD) before it is done."""


@contextmanager
def running_moto() -> Iterator[str]:
    """The endpoint of a server of one's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        try:
            _advance_by_hand(endpoint, process)
            yield endpoint
        finally:
            process.terminate()
            process.wait()


def _advance_by_hand(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    wish = {"progression": "manual", "times": LOOKS_UNTIL_RESTORED}
    body = json.dumps({"model_name": "s3::keyrestore", "transition": wish}).encode()
    request = urllib.request.Request(f"{endpoint}/moto-api/state-manager/set-transition", body)
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("moto did not start") from error
            time.sleep(0.2)
