"""Run every check on a bag and say what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archive.validating.algorithms import MANIFEST_NAME
from archive.validating.checks import CHECKS
from archive.validating.interface import (
    BagSource,
    Contents,
    Finding,
    Problem,
    Report,
    Severity,
    error,
    is_one_pass,
)
from archive.validating.opened import OpenedBag
from archive.validating.opening import open_path
from holdings.errors import BadInput
from holdings.observing import Observer, nobody

if TYPE_CHECKING:
    from archive.validating.profiles import Profile

INCOMPLETE = frozenset(
    {
        "declaration-missing",
        "declaration-unreadable",
        "payload-folder-missing",
        "manifest-missing",
        "file-missing",
        "file-unlisted",
        "fetch-pending",
        "archive-truncated",
    }
)
"""Codes of the errors that leave a bag incomplete in the sense of RFC 8493, 3."""

MOST_OF_A_KIND = 10_000
"""Findings of one code that are listed one by one: a hostile bag may hold millions."""
_LIKELY = ("sha512", "sha256")
"""What most bags are hashed by; to hash by one in vain costs less than to unpack again."""


def validate(
    path: Path,
    *,
    profile: Profile | None = None,
    structure_only: bool = False,
    threads: int = 2,
    observer: Observer = nobody,
) -> Report:
    """Validate the bag at `path`: a folder, a tar, a gzipped tar or a zip.

    structure_only : compare no checksum of a file; say so in the report.

    Raises BadInput where there is nothing that could be a bag.
    """
    with open_path(path) as source:
        return validate_source(
            source, profile=profile, structure_only=structure_only, threads=threads, observer=observer
        )


def validate_source(
    source: BagSource,
    *,
    profile: Profile | None = None,
    structure_only: bool = False,
    threads: int = 2,
    observer: Observer = nobody,
) -> Report:
    """Validate a bag wherever it lies. Raises BadInput where nothing of a bag is there; Unavailable."""
    if not structure_only and is_one_pass(source):
        source.hash_while_listing(_LIKELY, observer)
    contents = source.contents()
    _check_is_something(source, contents)
    bag = OpenedBag(
        source=source,
        contents=contents,
        profile=profile,
        structure_only=structure_only,
        threads=threads,
        observer=observer,
    )
    findings = tuple(_bounded(_findings(bag)))
    errors = {finding.code for finding in findings if finding.severity is Severity.ERROR}
    return Report(
        source=source.name,
        valid=not errors,
        complete=not errors & INCOMPLETE,
        structure_only=structure_only,
        version=bag.version_text,
        files=len(contents.payload),
        size_bytes=sum(contents.payload.sizes),
        findings=findings,
    )


def _findings(bag: OpenedBag) -> Iterator[Finding]:
    for check in CHECKS:
        try:
            yield from check(bag)
        except Problem as problem:  # a tag file that was listed and cannot be read
            yield error(problem.code, "3", f"A tag file {problem.sentence}.")


def _bounded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """All of them, up to so many of one kind that they would fill the memory; then their number."""
    told: Counter[str] = Counter()
    example: dict[str, Finding] = {}
    for finding in findings:
        told[finding.code] += 1
        if told[finding.code] <= MOST_OF_A_KIND:
            yield finding
        else:
            example[finding.code] = finding
    for code, last in example.items():
        sentence = f"And {told[code] - MOST_OF_A_KIND} more of {code}."
        yield replace(last, sentence=sentence, path=None)


def _check_is_something(source: BagSource, contents: Contents) -> None:
    """A folder of holiday pictures is no invalid bag; it is no bag."""
    tags = contents.tags.places
    is_broken = any(finding.code != "not-a-file" for finding in contents.findings)
    if "bagit.txt" in tags or is_broken or any(map(MANIFEST_NAME.fullmatch, tags)):
        return
    raise BadInput(
        f"There is no bag in {source.name}: neither bagit.txt nor a manifest.",
        hint="Give the folder that holds bagit.txt, or an archive with that folder in it.",
    )
