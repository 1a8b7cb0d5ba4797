"""A bag in an uncompressed tar: every member is read where it lies."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from archive.validating.bytes_at import BytesAt, Window, stretch
from archive.validating.catalogued import Catalogue
from archive.validating.interface import SERIALISED, Buffer, Contents, Files
from archive.validating.members import Lie, Member, members


class TarSource:
    """A tar whose members are listed once and then read by offset."""

    media_type = "application/tar"

    def __init__(self, archive: BytesAt) -> None:
        self.name = archive.name
        self._archive = archive
        self._contents = Contents()
        self._payload_offsets = array("q")
        self._tag_offsets = array("q")

    def contents(self) -> Contents:
        catalogue = self._catalogued(Catalogue())
        if catalogue.lies_flat:
            catalogue = self._catalogued(Catalogue(flat=True))
        return catalogue.finish()

    def _catalogued(self, catalogue: Catalogue) -> Catalogue:
        self._contents = catalogue.contents
        self._payload_offsets, self._tag_offsets = array("q"), array("q")
        try:
            for member in members(Window(self._archive)):
                self._take(catalogue, member)
        except Lie as lie:
            catalogue.tell(lie.code, SERIALISED, lie.sentence)
        return catalogue

    def _take(self, catalogue: Catalogue, member: Member) -> None:
        if member.offset + member.size_bytes > self._archive.size_bytes:
            raise Lie("archive-truncated", "A member of the tar claims more bytes than there are.")
        path = take(catalogue, member)
        if path is not None:
            self._table_of(path)[1].append(member.offset)

    def read(self, path: str) -> Iterator[Buffer]:
        files, offsets = self._table_of(path)
        place = files.places[path]
        return stretch(self._archive, offsets[place], files.sizes[place])

    def _table_of(self, path: str) -> tuple[Files, array[int]]:
        if path.startswith("data/"):
            return self._contents.payload, self._payload_offsets
        return self._contents.tags, self._tag_offsets


def take(catalogue: Catalogue, member: Member) -> str | None:
    """Sort one member in; its path in the bag if it is a file of the bag."""
    if member.kind is not None:
        catalogue.take_strange(member.name, member.kind)
        return None
    if member.is_folder:
        catalogue.take_folder(member.name)
        return None
    return catalogue.take_file(member.name, member.size_bytes)
