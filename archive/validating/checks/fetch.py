"""fetch.txt: what is still to be fetched. It is reported; `fetching` fetches, if asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archive.validating.interface import Finding, error, printable, warning
from archive.validating.opened import FetchLine, OpenedBag
from archive.validating.paths import why_outside
from archive.validating.tag_files import tag_lines

NAME = "fetch.txt"
_LINE = re.compile(r"(?P<url>[^ \t]+)[ \t]+(?P<length>[^ \t]+)[ \t]+(?P<path>.+)", re.DOTALL)
_ABSOLUTE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):[!-~]+")
_WITH_HOST = re.compile(r"[^:]+://[^/?#]", re.DOTALL)
_SCHEMES = frozenset({"http", "https", "ftp", "ftps", "sftp", "s3"})
_MUST_ESCAPE = re.compile(r"%(?!0[AaDd]|25)")
_MEANS = {"%0A": "\n", "%0D": "\r", "%25": "%"}


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Every line by itself, then each against manifests and payload."""
    if NAME not in bag.contents.tags.places:
        return
    bag.has_fetch = True
    lines = yield from tag_lines(bag, NAME)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield from _take(bag, number, line)
    yield from _check_twice(bag)
    for fetched in bag.fetch:
        yield from _check_listed(bag, fetched)
        yield from _check_there(bag, fetched)


def _take(bag: OpenedBag, number: int, line: str) -> Iterator[Finding]:
    parts = _LINE.fullmatch(line)
    if parts is None or not (parts["length"] == "-" or re.fullmatch(r"[0-9]{1,18}", parts["length"])):
        yield error("fetch-line", "2.2.3", f"Line {number} of {NAME} is no 'URL length path'.", NAME)
        return
    yield from _check_url(number, parts["url"])
    path = re.sub(r"^(?:\./)+", "", parts["path"])
    if bag.is_1_0:
        if _MUST_ESCAPE.search(path):
            sentence = f"{NAME} has '{printable(path)}' with a '%' that is not written as %25."
            yield error("path-encoding", "2.2.3", sentence, path)
        path = re.sub(r"%(?:0[AaDd]|25)", lambda found: _MEANS[found[0].upper()], path)
    shown = printable(path)
    why = why_outside(path)
    if why is not None:
        yield error("path-outside", "5.1", f"{NAME} would fetch to '{shown}', which {why}.", path)
    elif not path.startswith("data/"):
        yield error("fetch-tag-file", "2.2.3", f"{NAME} would fetch {shown}, no payload file.", path)
    else:
        size = None if parts["length"] == "-" else int(parts["length"])
        bag.fetch.append(FetchLine(url=parts["url"], size_bytes=size, path=path))


def _check_url(number: int, url: str) -> Iterator[Finding]:
    parts = _ABSOLUTE.fullmatch(url)
    if parts is None:
        yield error("fetch-url", "2.2.3", f"Line {number} of {NAME} has no absolute URL.", NAME)
    elif parts["scheme"].lower() in _SCHEMES and not _WITH_HOST.match(url):
        yield error("fetch-url", "2.2.3", f"The URL in line {number} of {NAME} names no host.", NAME)
    elif parts["scheme"].lower() not in _SCHEMES:
        sentence = f"Line {number} of {NAME} would read from '{parts['scheme']}:', not from the network."
        yield warning("fetch-scheme", "5.2", sentence, NAME)


def _check_twice(bag: OpenedBag) -> Iterator[Finding]:
    seen: set[str] = set()
    for fetched in bag.fetch:
        if fetched.path in seen:
            yield error("fetch-twice", "2.2.3", f"{NAME} has {printable(fetched.path)} twice.", fetched.path)
        seen.add(fetched.path)


def _check_listed(bag: OpenedBag, fetched: FetchLine) -> Iterator[Finding]:
    for manifest in bag.payload_manifests:
        place = manifest.files.places.get(fetched.path)
        if fetched.path not in manifest.absent and (place is None or not manifest.listed[place]):
            sentence = f"{NAME} has {printable(fetched.path)}, which is not in {manifest.name}."
            yield error("fetch-not-in-manifest", "2.2.3", sentence, fetched.path)


def _check_there(bag: OpenedBag, fetched: FetchLine) -> Iterator[Finding]:
    shown = printable(fetched.path)
    if fetched.path not in bag.contents.payload.places:
        if fetched.path not in bag.contents.strange:
            sentence = f"{shown} is still to be fetched from {printable(fetched.url)}."
            yield error("fetch-pending", "3", sentence, fetched.path)
        return
    size = bag.contents.payload.size_of(fetched.path)
    if fetched.size_bytes is not None and fetched.size_bytes != size:
        sentence = f"{shown} has {size} bytes; {NAME} says {fetched.size_bytes}."
        yield warning("fetch-length", "2.2.3", sentence, fetched.path)
