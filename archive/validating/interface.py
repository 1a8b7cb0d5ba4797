"""The seam: what a validation says, and what a bag has to offer to be validated.

```
validate ──> checks, in their order ──> BagSource: folder | tarred | unpacked | zipped | stored
```

A source never unpacks, never follows a link and never looks outside the bag. What is wrong
with the container itself (a member that leads outside, a size that lies) it tells in `Contents`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeGuard

from holdings.observing import Observer

Buffer = bytes | memoryview
CHUNK_BYTES = 512 * 1024
"""What is read at once: large enough to forget the call, small enough for the processor's cache."""
SERIALISED = "draft-kunze-bagit-14, 4"
"""How a bag lies in an archive: the drafts said it, RFC 8493 leaves it out (its section 4 holds examples)."""


class Severity(StrEnum):
    """Whether a finding makes a bag invalid."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong, or unwise, in a bag."""

    code: str
    """Lasting: programs may rely on it."""
    severity: Severity
    rule: str
    """Where the rule stands: "RFC 8493, 2.1.3", a section of a draft before it or of BagIt Profiles."""
    sentence: str
    path: str | None
    """The file of the bag that it is about, as `printable` spells it; None means the bag as a whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything that a validation found."""

    source: str
    valid: bool
    """No error was found and, unless only the structure was looked at, every checksum matched."""
    complete: bool
    """Every file that must be there is there (RFC 8493, 3)."""
    structure_only: bool
    """True means that no checksum was compared: `valid` then speaks of the structure alone."""
    version: str | None
    """As the bag declares it; None where that cannot be read."""
    files: int
    """In the payload."""
    size_bytes: int
    """Of the payload."""
    findings: tuple[Finding, ...]


class Problem(Exception):
    """A file of the bag could not be read as it was listed; becomes a finding, never a crash."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(kw_only=True, slots=True)
class Files:
    """Files and their sizes. Flat tables and no object per file: a bag may hold millions."""

    paths: list[str] = field(default_factory=list)
    """In the order in which they were met; a file's position is its place in every table."""
    sizes: array[int] = field(default_factory=lambda: array("q"))
    _places: dict[str, int] | None = None

    @property
    def places(self) -> Mapping[str, int]:
        """Path to place, made when first asked for: a manifest in our own order never asks."""
        return self._by_path()

    def _by_path(self) -> dict[str, int]:
        if self._places is None:
            self._places = dict(zip(self.paths, range(len(self.paths)), strict=True))
        return self._places

    def add(self, path: str, size_bytes: int) -> None:
        """One more file; the path must be new."""
        if self._places is not None:
            self._places[path] = len(self.sizes)
        self.paths.append(path)
        self.sizes.append(size_bytes)

    def extend(self, paths: Iterable[str], sizes: Iterable[int]) -> None:
        """Many more files at once, as many paths as sizes; before anybody asked for places."""
        assert self._places is None, "a folder is listed before it is looked into"
        self.paths.extend(paths)
        self.sizes.extend(sizes)

    def size_of(self, path: str) -> int:
        """Bytes of the file at `path`, as listed."""
        return self.sizes[self.places[path]]

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(kw_only=True, slots=True)
class Contents:
    """What a source holds, by names relative to the bag's base folder."""

    payload: Files = field(default_factory=Files)
    """Everything under `data/`."""
    tags: Files = field(default_factory=Files)
    """Everything else."""
    strange: set[str] = field(default_factory=set)
    """Paths of what is there but is no plain file (links, devices): named in `findings`, never read."""
    has_payload_folder: bool = False
    findings: list[Finding] = field(default_factory=list)

    def files_for(self, path: str) -> Files:
        """The table that `path` belongs to. Names that are not UTF-8 hold surrogate escapes."""
        return self.payload if path.startswith("data/") else self.tags

    def add(self, path: str, size_bytes: int) -> None:
        """One more plain file."""
        self.files_for(path).add(path, size_bytes)

    def __contains__(self, path: object) -> bool:
        return path in self.payload.places or path in self.tags.places


class BagSource(Protocol):
    """Whatever can list and read the files of a bag, from several threads at once."""

    @property
    def name(self) -> str:
        """For messages: the path or key as it was given."""
        ...

    @property
    def media_type(self) -> str | None:
        """Of the serialisation (`application/tar`); None for a plain folder."""
        ...

    def contents(self) -> Contents:
        """Everything in the bag, without reading the payload. Asked once."""
        ...

    def read(self, path: str) -> Iterable[Buffer]:
        """The bytes of a listed file, to be taken once; a chunk is good until the next one is asked for.

        Raises Problem where the bytes are not there as listed.
        """
        ...


class OnePassSource(BagSource, Protocol):
    """A source whose payload can only be read from beginning to end (a compressed tar).

    `read` gives the tag files that lie in the base folder; everything comes with `read_all`.
    To unpack it only once, let it hash while it lists: which algorithms are asked for is known
    from the manifests, and those usually come last.
    """

    hashed_by: frozenset[str]
    """Empty unless `hash_while_listing` was called."""

    def hash_while_listing(self, algorithms: Sequence[str], observer: Observer) -> None:
        """Have `contents` hash every file by each of `algorithms`, in threads of their own."""
        ...

    def digest(self, path: str, algorithm: str) -> bytes | None:
        """What a listed file was hashed to; None where the archive broke off before its end."""
        ...

    def read_all(self) -> Iterator[tuple[str, Iterator[Buffer]]]:
        """Every file once, in the order of the source; a file's bytes are read or lost."""
        ...


def is_one_pass(source: BagSource) -> TypeGuard[OnePassSource]:
    """Whether the payload of `source` must be taken as it comes."""
    return hasattr(source, "read_all")


def error(code: str, section: str, sentence: str, path: str | None = None) -> Finding:
    """A finding that makes the bag invalid, by a section of RFC 8493."""
    return _finding(Severity.ERROR, code, section, sentence, path)


def warning(code: str, section: str, sentence: str, path: str | None = None) -> Finding:
    """A finding that leaves the bag valid, by a section of RFC 8493."""
    return _finding(Severity.WARNING, code, section, sentence, path)


def _finding(severity: Severity, code: str, section: str, sentence: str, path: str | None) -> Finding:
    rule = section if section[:1].isalpha() else f"RFC 8493, {section}"
    shown = None if path is None else printable(path)
    return Finding(code=code, severity=severity, rule=rule, sentence=sentence, path=shown)


def printable(path: str) -> str:
    """`path` for people and for JSON: bytes that are not UTF-8 as `\\xNN`, control characters escaped."""
    try:
        text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # UTF-7 can spell half a character
        text = path.encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def gathered(chunks: Iterable[Buffer], *, at_most: int) -> bytes:
    """The bytes of a small file. Raises Problem where it is not small."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > at_most:
            raise Problem(
                "tag-file-too-large", f"is larger than {at_most} bytes, the most that is read of it"
            )
    return bytes(data)
