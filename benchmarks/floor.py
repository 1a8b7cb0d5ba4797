"""The least that a proven deposit can take: read once, hash, write once, force to disk, read back, hash.

    python -m benchmarks.floor SOURCE TARGET ALGORITHM... [--proving]

One file after the other goes into TARGET, without headers, names or manifests; files are read and
hashed by as many threads as there are processors. With --proving the whole is hashed as it is
written, too: without that there is nothing to compare with what was read back.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

_CHUNK_BYTES = 1024 * 1024
_BATCH_BYTES = 4 * 1024 * 1024
_AHEAD = 4
"""Batches that wait to be written: with `_BATCH_BYTES`, the memory that this takes."""


def main(source: Path, target: Path, algorithms: list[str], *, proving: bool) -> None:
    """Copy the bytes of every file of `source` into `target` and read them back."""
    workers = os.cpu_count() or 1
    waiting: deque[Future[bytes]] = deque()
    meant = hashlib.sha256()

    def write(data: bytes) -> None:
        if proving:
            meant.update(data)
        out.write(data)

    with target.open("xb", buffering=0) as out, ThreadPoolExecutor(workers) as pool:
        for batch in _batches(source):
            waiting.append(pool.submit(_read, batch, algorithms))
            if len(waiting) > _AHEAD:
                write(waiting.popleft().result())
        while waiting:
            write(waiting.popleft().result())
        os.fsync(out.fileno())
    back = hashlib.sha256()
    with target.open("rb", buffering=0) as written:
        buffer = memoryview(bytearray(_CHUNK_BYTES))
        while length := written.readinto(buffer):
            back.update(buffer[:length])
    if proving and back.digest() != meant.digest():
        raise SystemExit("other bytes came back")


def _batches(source: Path) -> list[list[str]]:
    batches: list[list[str]] = [[]]
    size = 0
    for folder, _, names in os.walk(source):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118  # many files: pathlib would be what is measured
            size += os.stat(path).st_size  # noqa: PTH116
            batches[-1].append(path)
            if size >= _BATCH_BYTES:
                batches.append([])
                size = 0
    return batches


def _read(paths: list[str], algorithms: list[str]) -> bytes:
    found = []
    for path in paths:
        with open(path, "rb", buffering=0) as opened:  # noqa: PTH123
            data = opened.read()
        for algorithm in algorithms:
            getattr(hashlib, algorithm)(data).digest()
        found.append(data)
    return b"".join(found)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--proving"]
    main(Path(words[0]), Path(words[1]), words[2:], proving="--proving" in sys.argv)
