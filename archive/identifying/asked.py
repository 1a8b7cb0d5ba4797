"""The program that knows PRONOM's signatures: told paths by `asking`, it answers what PRONOM says of them.

Signatures take 90 MB in memory: here they go when the files are known, before any bag is made. And
whatever a file does to it, it is not the deposit that dies.
"""

from __future__ import annotations

import json
import socket
import sys

import pygfried


def main() -> None:
    """Answer until nobody asks any more: a line of JSON for each line of JSON."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    workers, idle_seconds = int(sys.argv[3]), float(sys.argv[4])
    with channel, channel.makefile("rwb") as lines:
        # The signatures are read at the first question: not while somebody waits.
        pygfried.identify(sys.executable)
        channel.settimeout(idle_seconds)
        try:
            while line := lines.readline():
                told = pygfried.identify_many(iter(json.loads(line)), workers=workers)
                lines.write(
                    json.dumps({file["filename"]: file["matches"] for file in told["files"]}).encode()
                )
                lines.write(b"\n")
                lines.flush()
        except OSError:  # nobody asks, or whoever asked is gone
            return
