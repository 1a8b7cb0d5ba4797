"""Step 5: the bytes of a bag in one pass: each source byte read once, hashed once per algorithm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archive import tar
from archive.bag import Layout, tag_files
from archive.hashing import SMALL_BYTES, Lanes
from archive.sources.interface import CHUNK_BYTES, Source, SourceFile
from holdings.observing import Advanced, Finished, Observer, Started, nobody


class BagStream:
    """A bag that can be streamed, any number of times, and knows its hashes after each."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self._source = source
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
                yield from _read_into(lanes, self._source, file)
                yield tar.padding(file.size_bytes)
            _confirm(self._source, self.layout.files)
            digests = lanes.finish()
        written = self.layout.tags_offset
        for name, data in tag_files(self.layout, digests):
            head, tail = self.layout.header_of_tag(name, data), tar.padding(len(data))
            written += len(head) + len(data) + len(tail)
            yield head
            # In slices: what describes thousands of files is megabytes, and is not copied as a whole.
            for start in range(0, len(data), CHUNK_BYTES):
                yield data[start : start + CHUNK_BYTES]
            yield tail
        yield tar.ending(written)
        self.digests = digests


def _read_into(lanes: Lanes, source: Source, file: SourceFile) -> Iterator[bytes]:
    if file.size_bytes <= SMALL_BYTES:
        data = b"".join(source.read(file))
        lanes.add_small(data)
        yield data
        return
    for chunk in source.read(file):
        lanes.update(chunk)
        yield chunk
    lanes.end_file()


def _confirm(source: Source, files: Sequence[SourceFile]) -> None:
    for file in files[-1:]:  # they were surveyed together
        source.confirm(file)


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
    source: Source,
    files: Sequence[SourceFile],
    algorithms: Sequence[str],
    *,
    job: str,
    observer: Observer = nobody,
) -> dict[str, list[bytes]]:
    """The digests of every file, in order, by algorithm, without bagging anything."""
    observer(Started(job=job, total_bytes=sum(file.size_bytes for file in files)))
    try:
        with Lanes(algorithms) as lanes:
            for file in files:
                for chunk in _read_into(lanes, source, file):
                    observer(Advanced(job=job, size_bytes=len(chunk)))
            _confirm(source, files)
            return lanes.finish()
    finally:
        observer(Finished(job=job))
