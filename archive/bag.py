"""Step 4: which bytes a bag has, by RFC 8493 to the letter.

A bag is a pure function of what was surveyed and of the `Intent`: the same again gives the
same bytes, so a deposit that was killed meets its own half-done work and goes on. The
payload comes first and the manifests last (no draft orders a serialisation), so
that one pass over the source suffices; their sizes are known before the first byte is read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from operator import add
from typing import Protocol

from archive import tar
from archive.describing.profile import profile_identifier
from archive.identifying.interface import Check
from archive.sources.interface import SourceFile

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""Section 2.1.1: exactly two lines, that order, no byte-order mark."""
ALGORITHMS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
"""Those of section 2.4 that a bag may be made or checked with, by the names that manifests bear."""
_ENCODED = str.maketrans({"%": "%25", "\n": "%0A", "\r": "%0D"})
_TO_ENCODE = re.compile("[%\n\r]")
_DECODED = {"%25": "%", "%0A": "\n", "%0D": "\r"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What a bag's bytes hang on beside the files: fixed when the deposit first began."""

    package_id: str
    collection: str
    started_at: datetime
    algorithms: tuple[str, ...]
    software: str
    agent: str = "holdfast"
    """Who deposits: program, version and login."""
    check: Check = Check.STRUCTURE
    """How far each image was looked into."""
    group: str | None = None
    """What all bags of the deposit have in common; None means that there is one, named by its collection."""
    number: int = 1
    """Which bag of the deposit it is."""
    count: int = 1
    """How many bags the deposit has."""
    organization: str | None = None
    """Whose collection it is; None where the settings do not say."""


Digests = Mapping[str, Sequence[bytes]]
"""Of the payload files in their order, by algorithm."""


class Describes(Protocol):
    """Whoever has further tag files for a bag."""

    def sizes(self) -> list[tuple[str, int]]:
        """How many bytes each of them has, by name: known before the digests are."""
        ...

    def tag_files(self, digests: Digests) -> list[tuple[str, bytes]]:
        """The same ones, in the same order."""
        ...


class NothingMore:
    """A bag that holds what the RFC asks for."""

    def sizes(self) -> list[tuple[str, int]]:
        return []

    def tag_files(self, digests: Digests) -> list[tuple[str, bytes]]:  # noqa: ARG002  # as it is asked
        return []


_NOTHING_MORE = NothingMore()


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where everything lies in the tar of one bag."""

    intent: Intent
    files: tuple[SourceFile, ...]
    """In order of the paths' UTF-8 bytes."""
    offsets: tuple[int, ...]
    """First byte of each file in the tar, in the order of `files`."""
    tags_offset: int
    """Where the payload ends and the tag files begin."""
    size_bytes: int
    """Of the whole tar."""
    describe: Describes = _NOTHING_MORE
    remark: str | None = None
    """What whoever gets the bag should know first; one line."""

    @property
    def payload_bytes(self) -> int:
        """What the files add up to."""
        return sum(file.size_bytes for file in self.files)

    def header_of(self, file: SourceFile) -> bytes:
        """The tar header before a payload file."""
        name = f"{self.intent.package_id}/{payload_path(file)}"
        return tar.header(name, size_bytes=file.size_bytes, modified_s=file.modified_ns // 10**9)

    def header_of_tag(self, name: str, data: bytes) -> bytes:
        """The tar header before a tag file."""
        started_s = int(self.intent.started_at.timestamp())
        return tar.header(f"{self.intent.package_id}/{name}", size_bytes=len(data), modified_s=started_s)

    def member_bytes(self, name: str, size_bytes: int) -> int:
        """What a file of the bag takes in the tar."""
        head = tar.header_bytes(f"{self.intent.package_id}/{name}", size_bytes=size_bytes)
        return head + size_bytes + len(tar.padding(size_bytes))


def plan_bag(
    intent: Intent,
    files: Sequence[SourceFile],
    *,
    describe: Describes = _NOTHING_MORE,
    remark: str | None = None,
) -> Layout:
    """Where every file will lie, and how big the tar will be, before anything is read."""
    layout = Layout(
        intent=intent,
        files=tuple(files),
        offsets=(),
        tags_offset=0,
        size_bytes=0,
        describe=describe,
        remark=remark,
    )
    top = f"{intent.package_id}/"
    heads = [tar.header_bytes(top + payload_path(file), size_bytes=file.size_bytes) for file in files]
    tails = [file.size_bytes + -file.size_bytes % tar.BLOCK for file in files]
    starts = list(accumulate(map(add, heads, tails), initial=0))
    tags_offset = starts.pop()
    size = tags_offset + sum(layout.member_bytes(name, size) for name, size in _tag_sizes(layout))
    return replace(
        layout,
        offsets=tuple(map(add, starts, heads)),
        tags_offset=tags_offset,
        size_bytes=size + len(tar.ending(size)),
    )


def _tag_sizes(layout: Layout) -> list[tuple[str, int]]:
    """Every tag file and how long it will be, before a digest is known."""
    tags = [("bagit.txt", len(DECLARATION)), ("bag-info.txt", len(bag_info(layout)))]
    tags += layout.describe.sizes()
    paths = [encoded_path(payload_path(file)) for file in layout.files]
    tags += _manifest_sizes(layout, "manifest", paths)
    return tags + _manifest_sizes(layout, "tagmanifest", [name for name, _ in tags])


def _manifest_sizes(layout: Layout, kind: str, paths: Sequence[str]) -> list[tuple[str, int]]:
    names = len("".join(paths).encode())
    return [
        (f"{kind}-{algorithm}.txt", names + len(paths) * (2 * hashlib.new(algorithm).digest_size + 3))
        for algorithm in layout.intent.algorithms
    ]


def tag_files(layout: Layout, digests: Digests) -> list[tuple[str, bytes]]:
    """Every tag file with its name, in the order in which they are written.

    digests : for each algorithm, the digest of each payload file, in the order of the files.
    """
    tags = [("bagit.txt", DECLARATION), ("bag-info.txt", bag_info(layout))]
    tags += layout.describe.tag_files(digests)
    paths = [encoded_path(payload_path(file)) for file in layout.files]
    tags += [
        (f"manifest-{algorithm}.txt", manifest(zip(digests[algorithm], paths, strict=True)))
        for algorithm in layout.intent.algorithms
    ]
    return tags + [
        (
            f"tagmanifest-{algorithm}.txt",
            manifest((hashlib.new(algorithm, data).digest(), name) for name, data in tags),
        )
        for algorithm in layout.intent.algorithms
    ]


def bag_info(layout: Layout) -> bytes:
    """bag-info.txt (section 2.2.2)."""
    intent = layout.intent
    lines = (
        ("BagIt-Profile-Identifier", profile_identifier()),
        *([("Source-Organization", intent.organization)] if intent.organization else []),
        ("Bag-Software-Agent", intent.software),
        ("Bagging-Date", f"{intent.started_at:%Y-%m-%d}"),
        ("External-Identifier", intent.package_id),
        ("Bag-Group-Identifier", intent.group or intent.collection),
        ("Bag-Count", f"{intent.number} of {intent.count}"),
        *([("Internal-Sender-Description", layout.remark)] if layout.remark else []),
        ("Bag-Size", human_size(layout.payload_bytes)),
        ("Payload-Oxum", f"{layout.payload_bytes}.{len(layout.files)}"),
    )
    return "".join(f"{label}: {value}\n" for label, value in lines).encode()


def manifest(lines: Iterable[tuple[bytes, str]]) -> bytes:
    """A manifest (section 2.1.3): digest, two spaces, path, one line each; paths come encoded."""
    return "".join([f"{digest.hex()}  {path}\n" for digest, path in lines]).encode()


def payload_path(file: SourceFile) -> str:
    """Where a file lies in the bag."""
    return f"data/{file.path}"


def encoded_path(path: str) -> str:
    """CR, LF and % percent-encoded, and nothing else (section 2.1.3)."""
    return path.translate(_ENCODED) if _TO_ENCODE.search(path) else path


def decoded_path(text: str) -> str:
    """The inverse of `encoded_path`; a % that begins nothing known stands for itself."""
    first, *rest = text.split("%")
    return first + "".join(_DECODED.get(f"%{part[:2].upper()}", f"%{part[:2]}") + part[2:] for part in rest)


def human_size(size_bytes: int) -> str:
    """For Bag-Size: about how much, in decimal units."""
    units = ("B", "kB", "MB", "GB", "TB")
    power = min((len(str(size_bytes)) - 1) // 3, len(units) - 1)
    return f"{size_bytes / 1000**power:.1f} {units[power]}" if power else f"{size_bytes} B"
