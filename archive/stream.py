"""Step 4: the bytes of a bag in one pass: each source byte read once, hashed once per algorithm."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from archive import tar
from archive.bag import Layout, tag_files
from archive.hashing import Lanes
from archive.identify import open_source
from archive.survey import SourceFile
from holdings.errors import BadInput
from holdings.observing import Advanced, Finished, Observer, Started, nobody

CHUNK_BYTES = 1024 * 1024


class BagStream:
    """A bag that can be streamed, any number of times, and knows its hashes after each."""

    def __init__(self, root: Path, layout: Layout) -> None:
        self._root = root
        self.layout = layout
        self.digests: dict[str, list[bytes]] = {}
        """Of the payload files in their order, by algorithm; empty until a pass has ended."""

    def chunks(self) -> Iterator[bytes]:
        """The tar, from its beginning, in pieces of about `CHUNK_BYTES`."""
        return gathered(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        with Lanes(self.layout.intent.algorithms) as lanes:
            for file in self.layout.files:
                yield self.layout.header_of(file)
                yield from _read_into(lanes, self._root, file)
                yield tar.padding(file.size_bytes)
            digests = lanes.finish()
        written = self.layout.tags_offset
        for name, data in tag_files(self.layout, digests):
            member = self.layout.header_of_tag(name, data) + data + tar.padding(len(data))
            written += len(member)
            yield member
        yield tar.ending(written)
        self.digests = digests


def _read_into(lanes: Lanes, root: Path, file: SourceFile) -> Iterator[bytes]:
    for chunk in read_source(root, file):
        lanes.update(chunk)
        yield chunk
    lanes.end_file()


def read_source(root: Path, file: SourceFile) -> Iterator[bytes]:
    """The bytes of a source file, if it is what was surveyed, from beginning to end of the reading.

    Raises BadInput naming it where it changed, vanished or cannot be read.
    """
    try:
        with open_source(root, file.path) as opened:
            _check_unchanged(file, os.fstat(opened.fileno()))
            left = file.size_bytes
            while left and (chunk := opened.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk
            _check_unchanged(file, os.fstat(opened.fileno()))
            if left:
                raise _changed(file)
    except OSError as error:
        raise BadInput(
            f"{file.path} could not be read: {error.strerror or error}.",
            hint="Nothing was deposited. Mend or remove the file and deposit again.",
        ) from None


def _check_unchanged(file: SourceFile, status: os.stat_result) -> None:
    now = (status.st_size, status.st_mtime_ns)
    if not stat.S_ISREG(status.st_mode) or now != (file.size_bytes, file.modified_ns):
        raise _changed(file)


def _changed(file: SourceFile) -> BadInput:
    return BadInput(
        f"{file.path} changed while it was deposited.",
        hint="Nothing was deposited. Wait until nobody writes to the source and deposit again.",
    )


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes with small pieces joined: a store is not asked to take 512 bytes."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES // 2:
            yield b"".join(waiting) if len(waiting) > 1 else piece
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)


def hash_source(
    root: Path, files: Sequence[SourceFile], algorithm: str, *, observer: Observer = nobody
) -> list[bytes]:
    """The digest of every file, in order, without bagging anything."""
    job = "reading the source"
    observer(Started(job=job, total_bytes=sum(file.size_bytes for file in files)))
    try:
        with Lanes((algorithm,)) as lanes:
            for file in files:
                for chunk in _read_into(lanes, root, file):
                    observer(Advanced(job=job, size_bytes=len(chunk)))
            return lanes.finish()[algorithm]
    finally:
        observer(Finished(job=job))
