"""Reading manifests, a million lines as easily as ten.

A batch of lines that are all plain (the usual case) is taken by a few operations over the
whole batch; only where something is odd is it looked at line by line.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import sub

from archive.validating.algorithms import NewHasher
from archive.validating.interface import Buffer, Contents, Files, Finding, Problem, error, printable, warning
from archive.validating.paths import composed, why_outside
from archive.validating.text import lines_of, text_batches

_LINE = re.compile(r"(?P<digest>[0-9A-Fa-f]+)(?P<space>[ \t]+)(?P<star>\*?)(?P<path>.+)", re.DOTALL)
MANY_FILES = 200_000
"""From here on manifests are read in ways that take their time to begin."""
_TOLD = 100
"""Findings of one kind per manifest; the rest are counted."""
_ESCAPE = re.compile(r"%(?:0[AaDd]|25)")
_MUST_ESCAPE = re.compile(r"%(?!0[AaDd]|25)")
_MEANS = {"%0A": "\n", "%0D": "\r", "%25": "%"}
_Make = Callable[[str, str, str, "str | None"], Finding]


@dataclass(kw_only=True, slots=True)
class Manifest:
    """One manifest and what it says of the files that are there, as flat tables."""

    name: str
    algorithm: str
    new_hasher: NewHasher | None
    """None where this machine does not know the algorithm."""
    digest_bytes: int
    """0 where the algorithm is not known."""
    is_tag: bool
    files: Files
    """Those that it may list; `listed` and `digests` go by their places."""
    listed: bytearray
    """1 where the file is listed."""
    digests: bytearray
    next_place: int = 0
    """Of the file that comes after the one listed last, in the order in which they were met."""
    absent: dict[str, str] = field(default_factory=dict)
    """Listed but not there: path to digest."""
    findings: list[Finding] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    def expected(self, place: int) -> bytes | None:
        """The digest that the file at `place` must have; None where it is not listed."""
        if not self.listed[place]:
            return None
        return bytes(self.digests[place * self.digest_bytes : (place + 1) * self.digest_bytes])

    def expects(self, digest: bytes, place: int) -> bool:
        """Whether the file at `place`, which is listed, has that digest."""
        return self.digests.startswith(digest, place * self.digest_bytes)

    def tell(self, make: _Make, code: str, section: str, sentence: str, path: str | None = None) -> None:
        """One more finding about this manifest, unless there are enough of its kind."""
        self.told[code] += 1
        if self.told[code] <= _TOLD:
            self.findings.append(make(code, section, f"{self.name} {sentence}", path))

    def all_findings(self) -> Iterator[Finding]:
        """What was found, and how much more of it there is."""
        yield from self.findings
        for code, count in self.told.items():
            if count > _TOLD:
                make = next(_made(finding) for finding in self.findings if finding.code == code)
                yield make(code, "2.1.3", f"{self.name}: and {count - _TOLD} more of {code}.", None)


def _made(finding: Finding) -> _Make:
    return error if finding.severity == "error" else warning


def new_manifest(
    name: str, algorithm: str, new_hasher: NewHasher | None, *, is_tag: bool, files: Files
) -> Manifest:
    """An empty manifest over `files`."""
    width = len(new_hasher(b"").digest()) if new_hasher else 0
    return Manifest(
        name=name,
        algorithm=algorithm,
        new_hasher=new_hasher,
        digest_bytes=width,
        is_tag=is_tag,
        files=files,
        listed=bytearray(len(files)),
        digests=bytearray(width * len(files)),
    )


class ManifestReader:
    """Reads one manifest by the rules of its bag's version."""

    def __init__(self, contents: Contents, *, encoding: str, is_1_0: bool) -> None:
        self._contents = contents
        self._encoding = encoding
        self._is_1_0 = is_1_0
        self._composed: dict[bool, dict[str, str]] = {}

    def fill(self, manifest: Manifest, chunks: Iterable[Buffer]) -> None:
        """Write down every line; what is wrong with one becomes a finding."""
        try:
            texts = text_batches(chunks, self._encoding)
            text = "\n"
            for text in self._without_mark(manifest, texts):
                if not (_take_even(manifest, text) or _take_plain(manifest, lines_of(text))):
                    for line in lines_of(text):
                        self._take(manifest, line)
            if self._is_1_0 and text and not text.endswith("\n"):
                manifest.tell(
                    error, "line-end-missing", "2.3", "has a last line that does not end.", manifest.name
                )
        except Problem as problem:
            manifest.tell(error, problem.code, "2.3", f"{problem.sentence}.", manifest.name)

    def _without_mark(self, manifest: Manifest, texts: Iterator[str]) -> Iterator[str]:
        first = next(texts, "")
        if first.startswith("\ufeff"):
            self._tolerate(manifest, "byte-order-mark", "2.3", "begins with a byte-order mark.")
        yield first.removeprefix("\ufeff")
        yield from texts

    def _take(self, manifest: Manifest, line: str) -> None:
        if not line.strip():
            manifest.tell(warning, "manifest-blank-line", "2.1.3", "has an empty line.", manifest.name)
            return
        parts = _LINE.fullmatch(line)
        if parts is None:
            shown = printable(line[:120])
            manifest.tell(
                error, "manifest-line", "2.1.3", f"has a line that is no checksum and path: '{shown}'."
            )
            return
        digest, path = parts["digest"], self._named(manifest, parts)
        if path is None:
            return
        if manifest.digest_bytes and len(digest) != 2 * manifest.digest_bytes:
            sentence = (
                f"gives {printable(path)} a checksum of {len(digest)} digits, {manifest.algorithm} has "
            )
            manifest.tell(error, "checksum-length", "2.4", f"{sentence}{2 * manifest.digest_bytes}.", path)
            return
        self._note(manifest, path, digest.lower())

    def _named(self, manifest: Manifest, parts: re.Match[str]) -> str | None:
        """The path that a line means, or None where it means none inside the bag."""
        path = parts["path"]
        if parts["star"] and f"*{path}" not in manifest.files.places:
            self._tolerate(manifest, "manifest-asterisk", "2.1.3", "marks paths with '*', as md5sum does.")
        while path.startswith("./"):
            path = path[2:]
            manifest.tell(
                warning, "manifest-dot-slash", "2.1.3", f"spells {printable(path)} with './' before it.", path
            )
        why = why_outside(path)
        if why is not None:
            manifest.tell(error, "path-outside", "5.1", f"lists '{printable(path)}', which {why}.", path)
            return None
        decoded = self._decoded(manifest, path)
        why = why_outside(decoded) if decoded != path else None
        if why is not None:
            manifest.tell(error, "path-outside", "5.1", f"lists '{printable(path)}', which {why}.", path)
            return None
        return self._belonging(manifest, decoded)

    def _tolerate(self, manifest: Manifest, code: str, section: str, sentence: str) -> None:
        """What the drafts before 1.0 let pass."""
        if not manifest.told[code]:
            manifest.tell(error if self._is_1_0 else warning, code, section, sentence, manifest.name)

    def _decoded(self, manifest: Manifest, path: str) -> str:
        if "%" not in path:
            return path
        decoded = _ESCAPE.sub(lambda found: _MEANS[found[0].upper()], path)
        if self._is_1_0:
            if _MUST_ESCAPE.search(path):
                sentence = f"lists '{printable(path)}' with a '%' that is not written as %25."
                manifest.tell(error, "path-encoding", "2.1.3", sentence, path)
            return decoded
        # The drafts did not say; as spelled first, decoded where only that is there.
        return path if path in manifest.files.places or decoded not in manifest.files.places else decoded

    def _belonging(self, manifest: Manifest, path: str) -> str | None:
        in_payload = path.startswith("data/")
        if not manifest.is_tag and not in_payload:
            manifest.tell(
                error, "manifest-not-payload", "2.1.3", f"lists {printable(path)}, no payload file.", path
            )
            return None
        if manifest.is_tag and (in_payload or path.lower().startswith("tagmanifest-")):
            what = "a payload file" if in_payload else "a tag manifest"
            manifest.tell(error, "tagmanifest-lists", "2.2.1", f"lists {printable(path)}, {what}.", path)
            return None
        return path

    def _note(self, manifest: Manifest, path: str, digest: str) -> None:
        place = manifest.files.places.get(path)
        if place is None:
            path, place = self._by_form(manifest, path)
        if place is None:
            if path in manifest.absent:
                self._tell_twice(manifest, path, same=manifest.absent[path] == digest)
            manifest.absent.setdefault(path, digest)
            return
        value = bytes.fromhex(digest) if manifest.digest_bytes else b""
        before = manifest.expected(place)
        if before is not None:
            self._tell_twice(manifest, path, same=before == value)
            return
        manifest.listed[place] = 1
        manifest.digests[place * manifest.digest_bytes : (place + 1) * manifest.digest_bytes] = value

    def _tell_twice(self, manifest: Manifest, path: str, *, same: bool) -> None:
        if not same:
            sentence = f"lists {printable(path)} more than once, with checksums that differ."
            manifest.tell(error, "manifest-conflict", "2.1.3", sentence, path)
            return
        make = error if self._is_1_0 else warning
        manifest.tell(make, "manifest-duplicate", "2.1.3", f"lists {printable(path)} more than once.", path)

    def _by_form(self, manifest: Manifest, path: str) -> tuple[str, int | None]:
        """The file whose name differs only in Unicode form: older Macs store another than was written."""
        if path.isascii():
            return path, None
        table = self._composed.get(manifest.is_tag)
        if table is None:
            table = {composed(name): name for name in manifest.files.places if not name.isascii()}
            self._composed[manifest.is_tag] = table
        name = table.get(composed(path))
        if name is None:
            return path, None
        sentence = f"spells {printable(path)} in another Unicode form than the file's own name."
        manifest.tell(warning, "unicode-form", "6.1.1", sentence, name)
        return name, manifest.files.places[name]


def _take_even(manifest: Manifest, text: str) -> bool:
    """Take lines that are equally long and in our order, as those of numbered files are; as `_take_plain`.

    Twice as quick, since no line becomes a string of its own.
    """
    width = 2 * manifest.digest_bytes
    if len(manifest.files) < MANY_FILES:
        return False
    length, count = text.find("\n") + 1, text.count("\n")
    if manifest.is_tag or not width or length <= width + 3 or length * count != len(text):
        return False
    run = range(manifest.next_place, manifest.next_place + count)
    names = "\n".join(manifest.files.paths[run.start : run.stop]) + "\n"
    if (
        not text.isascii()
        or len(names) != count * (length - width - 2)
        or not _are_plain(manifest, run, names)
    ):
        return False
    import numpy as np  # noqa: PLC0415  # to load it takes as long as a hundred thousand lines

    table = np.frombuffer(text.encode(), np.uint8).reshape(count, length)
    blanks, paths = table[:, width : width + 2], table[:, width + 2 :]
    if (blanks != ord(" ")).any() or paths.tobytes().decode() != names:
        return False
    return _write(manifest, run, table[:, :width].tobytes().decode())


def _take_plain(manifest: Manifest, lines: list[str]) -> bool:
    """Take a batch of lines that are all plain and new; False, and nothing is taken, where one is not."""
    width = 2 * manifest.digest_bytes
    if manifest.is_tag or not width:  # what a tag manifest may list, names decide one by one
        return False
    # Cut at every pair of blanks at once; what else that cuts, the lengths tell.
    parts = "  ".join(lines).split("  ")
    digests, paths = parts[::2], parts[1::2]
    if len(parts) != 2 * len(lines) or set(map(sub, map(len, lines), map(len, paths))) != {width + 2}:
        return False
    places = _places(manifest, paths)
    if places is None or set(map(len, digests)) != {width}:
        return False
    return _are_plain(manifest, places, "".join(paths)) and _write(manifest, places, "".join(digests))


def _are_plain(manifest: Manifest, places: Sequence[int], names: str) -> bool:
    """Whether nothing of `names` must be decoded and none of the files is listed already."""
    if isinstance(places, range):
        return "%" not in names and 1 not in manifest.listed[places.start : places.stop]
    return "%" not in names and not any(map(manifest.listed.__getitem__, places))


def _places(manifest: Manifest, paths: list[str]) -> Sequence[int] | None:
    """Where `paths` are among the files; None where one is not there or comes twice."""
    run = range(manifest.next_place, manifest.next_place + len(paths))
    if manifest.files.paths[run.start : run.stop] == paths:  # in the order in which we met the files
        return run
    found = list(map(manifest.files.places.get, paths))
    places = [place for place in found if place is not None]
    return places if len(set(places)) == len(paths) else None


def _write(manifest: Manifest, places: Sequence[int], digits: str) -> bool:
    """Note the files at `places` as listed with these digests, unless there are others than digits."""
    try:
        values = unhexlify(digits)
    except ValueError:
        return False
    size, listed, digests = manifest.digest_bytes, manifest.listed, manifest.digests
    manifest.next_place = places[-1] + 1
    if isinstance(places, range):
        listed[places.start : places.stop] = b"\1" * len(places)
        digests[places.start * size : places.stop * size] = values
        return True
    for nth, place in enumerate(places):
        listed[place] = 1
        digests[place * size : (place + 1) * size] = values[nth * size : (nth + 1) * size]
    return True
