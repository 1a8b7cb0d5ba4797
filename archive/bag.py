"""Step 4: which bytes a bag has, by RFC 8493 to the letter.

A bag is a pure function of what was surveyed and of the `Intent`: the same again gives the
same bytes, so a deposit that was killed meets its own half-done work and goes on. The
payload comes first and the manifests last (no draft orders a serialisation), so
that one pass over the source suffices; their sizes are known before the first byte is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from archive import tar
from archive.describing.profile import profile_identifier
from archive.identifying.interface import Check
from archive.sources.interface import SourceFile

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""Section 2.1.1: exactly two lines, that order, no byte-order mark."""
ALGORITHMS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
"""Those of section 2.4 that a bag may be made or checked with, by the names that manifests bear."""
_ENCODED = str.maketrans({"%": "%25", "\n": "%0A", "\r": "%0D"})
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


Describe = Callable[[Mapping[str, Sequence[bytes]]], "list[tuple[str, bytes]]"]
"""From the digests of the payload, by algorithm and in order of the files, to further tag files by name.
Their sizes hang on nothing but the number and the length of the digests."""


def nothing_more(_: Mapping[str, Sequence[bytes]]) -> list[tuple[str, bytes]]:
    """No further tag files: a bag that holds what the RFC asks for."""
    return []


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
    describe: Describe = nothing_more

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


def plan_bag(intent: Intent, files: Sequence[SourceFile], *, describe: Describe = nothing_more) -> Layout:
    """Where every file will lie, and how big the tar will be, before anything is read."""
    layout = Layout(
        intent=intent, files=tuple(files), offsets=(), tags_offset=0, size_bytes=0, describe=describe
    )
    heads = [len(layout.header_of(file)) for file in files]
    tails = [file.size_bytes + len(tar.padding(file.size_bytes)) for file in files]
    starts = list(accumulate(map(sum, zip(heads, tails, strict=True)), initial=0))
    tags_offset = starts.pop()
    size = tags_offset + sum(_tag_member_bytes(layout, name, data) for name, data in _placeholders(layout))
    return Layout(
        intent=intent,
        files=layout.files,
        offsets=tuple(start + head for start, head in zip(starts, heads, strict=True)),
        tags_offset=tags_offset,
        size_bytes=size + len(tar.ending(size)),
        describe=describe,
    )


def _tag_member_bytes(layout: Layout, name: str, data: bytes) -> int:
    return len(layout.header_of_tag(name, data)) + len(data) + len(tar.padding(len(data)))


def _placeholders(layout: Layout) -> list[tuple[str, bytes]]:
    """The tag files with zeros for hashes: as long as the real ones will be."""
    zeros = {
        name: [bytes(hashlib.new(name).digest_size)] * len(layout.files) for name in layout.intent.algorithms
    }
    return tag_files(layout, zeros)


def tag_files(layout: Layout, digests: Mapping[str, Sequence[bytes]]) -> list[tuple[str, bytes]]:
    """Every tag file with its name, in the order in which they are written.

    digests : for each algorithm, the digest of each payload file, in the order of the files.
    """
    tags = [("bagit.txt", DECLARATION), ("bag-info.txt", bag_info(layout))]
    tags += layout.describe(digests)
    paths = [payload_path(file) for file in layout.files]
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
        ("Bag-Size", human_size(layout.payload_bytes)),
        ("Payload-Oxum", f"{layout.payload_bytes}.{len(layout.files)}"),
    )
    return "".join(f"{label}: {value}\n" for label, value in lines).encode()


def manifest(lines: Iterable[tuple[bytes, str]]) -> bytes:
    """A manifest (section 2.1.3): digest, two spaces, path, one line each."""
    return "".join(f"{digest.hex()}  {encoded_path(path)}\n" for digest, path in lines).encode()


def payload_path(file: SourceFile) -> str:
    """Where a file lies in the bag."""
    return f"data/{file.path}"


def encoded_path(path: str) -> str:
    """CR, LF and % percent-encoded, and nothing else (section 2.1.3)."""
    return path.translate(_ENCODED)


def decoded_path(text: str) -> str:
    """The inverse of `encoded_path`; a % that begins nothing known stands for itself."""
    first, *rest = text.split("%")
    return first + "".join(_DECODED.get(f"%{part[:2].upper()}", f"%{part[:2]}") + part[2:] for part in rest)


def human_size(size_bytes: int) -> str:
    """For Bag-Size: about how much, in decimal units."""
    units = ("B", "kB", "MB", "GB", "TB")
    power = min((len(str(size_bytes)) - 1) // 3, len(units) - 1)
    return f"{size_bytes / 1000**power:.1f} {units[power]}" if power else f"{size_bytes} B"
