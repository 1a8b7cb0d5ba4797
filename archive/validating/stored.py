"""A bag that lies loose in a store, under a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from archive.validating.interface import Buffer, Contents
from holdings.stores.interface import Lists, Reads


class ListsAndReads(Lists, Reads, Protocol):
    """What a loose bag needs of its store."""


class PrefixSource:
    """Objects under a prefix, as the files of a bag."""

    media_type = None

    def __init__(self, store: ListsAndReads, prefix: str) -> None:
        self._prefix = prefix.rstrip("/") + "/" if prefix else ""
        self.name = f"{store.name}:{self._prefix}"
        self._store = store

    def contents(self) -> Contents:
        # A store has no folders: `data/` is there as soon as anything can be.
        found = Contents(has_payload_folder=True)
        for item in self._store.list(self._prefix):
            if item.key.endswith("/") and not item.size_bytes:
                continue  # what consoles put in place of a folder
            found.add(item.key.removeprefix(self._prefix), item.size_bytes)
        return found

    def read(self, path: str) -> Iterator[Buffer]:
        return self._store.get(self._prefix + path)
