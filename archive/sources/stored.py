"""A prefix in a store as a source: every object below it is a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.sources.interface import CHUNK_BYTES, FOLDER_MARKER, LeftOut, SourceFile, changed, unreadable
from archive.sources.ranged import ranged
from holdings.errors import BadInput, Conflict, NotFound, NotOnline
from holdings.stores.interface import Store

_LOOK_BYTES = 256 * 1024
"""A request costs as much time as a few of these."""


class StoredSource:
    """Objects under a prefix."""

    def __init__(self, store: Store, prefix: str) -> None:
        self.origin = f"{store.name}:{prefix}"
        self._store = store
        self._prefix = prefix

    def entries(self) -> Iterator[SourceFile | LeftOut]:
        seen = False
        for info in self._store.list(self._prefix):
            seen = True
            path = info.key.removeprefix(self._prefix)
            if info.key.endswith("/"):
                yield LeftOut(path=path or info.key, because=FOLDER_MARKER)
                continue
            yield SourceFile(
                path=path,
                size_bytes=info.size_bytes,
                modified_ns=round(info.modified_at.timestamp() * 1_000_000) * 1000,
                identity=info.version,
            )
        if not seen:
            raise BadInput(
                f"Nothing lies under {self.origin}.", hint="Is the prefix spelled as in the store?"
            )

    def open(self, file: SourceFile) -> BinaryIO:
        key = self._prefix + file.path
        return ranged(
            lambda offset, length: self._store.get_range(key, offset, length),
            size_bytes=file.size_bytes,
            buffer_bytes=_LOOK_BYTES,
        )

    def read(self, file: SourceFile) -> Iterator[bytes]:
        seen = 0
        try:
            for piece in self._store.get(self._prefix + file.path, version=file.identity):
                seen += len(piece)
                for start in range(0, len(piece), CHUNK_BYTES):
                    yield bytes(piece[start : start + CHUNK_BYTES])
        except Conflict:
            raise changed(file.path) from None
        except (NotFound, NotOnline) as error:
            raise unreadable(file.path, error.sentence.rstrip(".")) from None
        if seen != file.size_bytes:
            raise changed(file.path)

    def confirm(self, file: SourceFile) -> None:
        """Each reading was of the version that was surveyed."""

    def local_path(self, file: SourceFile) -> Path | None:  # noqa: ARG002  # a store has no paths
        return None
