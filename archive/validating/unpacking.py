"""A bag in a compressed tar: listed and hashed in one pass, never unpacked to disk.

Only where a manifest turns out to ask for another algorithm is it unpacked a second time.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

from archive.hashing import Lanes
from archive.validating.bytes_at import BytesAt
from archive.validating.catalogued import Catalogue
from archive.validating.interface import CHUNK_BYTES, SERIALISED, Buffer, Contents, Problem
from archive.validating.members import Lie, Member, members
from archive.validating.tarred import take
from holdings.observing import Advanced, Finished, Observer, Started, nobody

MAX_RATIO = 250
"""Unpacked to packed. Deflate ends at 1,032; images, even blank ones as TIFF, stay far below this."""
ALWAYS_ALLOWED_BYTES = 256 * 1024 * 1024
"""What may be unpacked whatever the ratio: a small text of one letter is no attack."""
_KEPT = re.compile(r"(?:bagit|bag-info|package-info|fetch|(?:tag)?manifest-[^/]+)\.txt", re.IGNORECASE)
"""Tag files that the checks read; the rest of the bag is hashed as it comes by."""
_KEEP_BYTES = 64 * 1024 * 1024
"""Of all of them together; what does not fit is unpacked once more when it is read."""
_GZIP = 31
"""zlib's window size for gzip headers and trailers."""


class Gunzipped:
    """The unpacked bytes of a gzip file, from front to back. Raises Lie."""

    def __init__(self, archive: BytesAt) -> None:
        self._archive = archive
        self.packed_bytes = 0
        self._packed = b""
        self._engine = zlib.decompressobj(_GZIP)
        self._held = memoryview(b"")
        self._unpacked = 0
        self.position = 0

    def read(self, length: int) -> bytes:
        """The next `length` bytes, fewer only at the end."""
        pieces = []
        while length and self._fill():
            piece = self._held[:length]
            self._held = self._held[len(piece) :]
            self.position += len(piece)
            length -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def go_to(self, position: int) -> None:
        """Unpack and forget up to there."""
        while self.position < position and self._fill():
            step = min(position - self.position, len(self._held))
            self._held = self._held[step:]
            self.position += step

    def _fill(self) -> bool:
        while not self._held:
            if not self._packed:
                self._packed = self._archive.at(self.packed_bytes, CHUNK_BYTES)
                self.packed_bytes += len(self._packed)
            if not self._packed:
                self._check_end()
                return False
            self._held = memoryview(self._unpack())
        return True

    def _check_end(self) -> None:
        if not self._engine.eof:
            raise Lie("archive-truncated", "The gzip stream ends before its end mark: it was cut short.")

    def _unpack(self) -> bytes:
        if self._engine.eof:  # gzip files may be several streams, one after the other
            self._packed = self._packed.lstrip(b"\0")
            if not self._packed:
                return b""
            self._engine = zlib.decompressobj(_GZIP)
        try:
            data = self._engine.decompress(self._packed, CHUNK_BYTES)
        except zlib.error:
            raise Lie("archive-damaged", "The gzip stream is damaged.") from None
        self._packed = self._engine.unconsumed_tail or self._engine.unused_data
        self._unpacked += len(data)
        if self._unpacked > ALWAYS_ALLOWED_BYTES and self._unpacked > MAX_RATIO * self.packed_bytes:
            raise Lie(
                "archive-bomb", f"The archive unpacks to more than {MAX_RATIO} times its size; it was left."
            )
        return data


class UnpackedTarSource:
    """A gzipped tar: `contents` keeps the tag files and, if told to, hashes everything as it comes by."""

    media_type = "application/gzip"

    def __init__(self, archive: BytesAt) -> None:
        self.name = archive.name
        self.hashed_by: frozenset[str] = frozenset()
        self._observer: Observer = nobody
        self._archive = archive
        self._flat = False
        self._kept: dict[str, bytes] = {}
        self._room = _KEEP_BYTES
        self._order: dict[str, int] = {}
        self._digests: dict[str, list[bytes]] = {}

    def hash_while_listing(self, algorithms: Sequence[str], observer: Observer) -> None:
        self.hashed_by = frozenset(algorithms)
        self._observer = observer

    def digest(self, path: str, algorithm: str) -> bytes | None:
        nth, digests = self._order[path], self._digests[algorithm]
        return digests[nth] if nth < len(digests) else None

    def contents(self) -> Contents:
        catalogue = self._catalogued(Catalogue())
        if catalogue.lies_flat:
            self._flat = True
            self._kept, self._room, self._order = {}, _KEEP_BYTES, {}
            catalogue = self._catalogued(Catalogue(flat=True))
        return catalogue.finish()

    def _catalogued(self, catalogue: Catalogue) -> Catalogue:
        stream = Gunzipped(self._archive)
        job = f"unpacking {self.name}"
        self._observer(Started(job=job, total_bytes=self._archive.size_bytes))
        with Lanes(sorted(self.hashed_by)) as lanes:
            try:
                for member in members(stream):
                    packed_before = stream.packed_bytes
                    self._take(catalogue, member, stream, lanes)
                    self._observer(Advanced(job=job, size_bytes=stream.packed_bytes - packed_before))
            except Lie as lie:
                catalogue.tell(lie.code, SERIALISED, lie.sentence)
            except Problem:
                catalogue.tell(
                    "archive-truncated", SERIALISED, "The tar ends within a file: it was cut short."
                )
            self._digests = lanes.finish()
        self._observer(Finished(job=job))
        return catalogue

    def _take(self, catalogue: Catalogue, member: Member, stream: Gunzipped, lanes: Lanes) -> None:
        path = take(catalogue, member)
        if path is None:
            return
        is_kept = _KEPT.fullmatch(path) is not None and member.size_bytes <= self._room
        if not (is_kept or self.hashed_by):
            return
        self._order[path] = len(self._order)
        kept: list[Buffer] = []
        for chunk in _chunks(stream, member.size_bytes):
            lanes.update(chunk)
            if is_kept:
                kept.append(chunk)
        lanes.end_file()
        if is_kept:
            self._kept[path] = b"".join(kept)
            self._room -= member.size_bytes

    def read(self, path: str) -> Iterator[Buffer]:
        kept = self._kept.get(path)
        return iter([kept] if kept else []) if kept is not None else self._search(path)

    def _search(self, path: str) -> Iterator[Buffer]:
        for found, chunks in self.read_all():
            if found == path:
                yield from chunks
                return

    def read_all(self) -> Iterator[tuple[str, Iterator[Buffer]]]:
        catalogue = Catalogue(flat=self._flat)
        stream = Gunzipped(self._archive)
        try:
            for member in members(stream):
                path = take(catalogue, member)
                if path is not None:
                    yield path, _chunks(stream, member.size_bytes)
        except Lie:
            return  # told by contents(); what comes after it cannot be believed


def _chunks(stream: Gunzipped, size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while left:
        chunk = stream.read(min(left, CHUNK_BYTES))
        if not chunk:
            raise Problem("archive-truncated", "ends beyond the end of the archive")
        left -= len(chunk)
        yield chunk
