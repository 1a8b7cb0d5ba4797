"""Every payload file in every payload manifest, and every listed file there."""

from __future__ import annotations

from collections.abc import Iterator

from archive.validating.interface import Finding, error, printable, warning
from archive.validating.manifests import Manifest
from archive.validating.opened import OpenedBag

_TOLD = 1000
"""Files named one by one; the rest are counted."""


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Both directions, each file named once."""
    if not bag.payload_manifests:
        return
    yield from missing_from(bag, bag.payload_manifests, section="3")
    for manifest in bag.payload_manifests:
        others = [] if bag.is_1_0 else [other for other in bag.payload_manifests if other is not manifest]
        yield from _unlisted(manifest, others)


def missing_from(bag: OpenedBag, manifests: list[Manifest], *, section: str) -> Iterator[Finding]:
    """Files that `manifests` list and that are neither there nor still to be fetched."""
    by_path: dict[str, list[str]] = {}
    to_fetch = {line.path for line in bag.fetch}
    for manifest in manifests:
        for path in manifest.absent:
            if path not in to_fetch and path not in bag.contents.strange:
                by_path.setdefault(path, []).append(manifest.name)
    for count, (path, names) in enumerate(sorted(by_path.items())):
        if count == _TOLD:
            yield error("file-missing", section, f"And {len(by_path) - _TOLD} more files are missing.")
            return
        yield error(
            "file-missing", section, f"{printable(path)} is in {' and '.join(names)} but not there.", path
        )


def _unlisted(manifest: Manifest, others: list[Manifest]) -> Iterator[Finding]:
    """Files that a manifest does not list: the drafts before 1.0 are content if one of the `others` does."""
    count = len(manifest.files) - manifest.listed.count(1)
    if not count:
        return
    told = 0
    for place, (path, listed) in enumerate(zip(manifest.files.paths, manifest.listed, strict=True)):
        if listed:
            continue
        elsewhere = any(other.listed[place] for other in others)
        sentence = f"{printable(path)} is not in {manifest.name}."
        yield (warning if elsewhere else error)("file-unlisted", "2.1.3", sentence, path)
        told += 1
        if told == _TOLD:
            break
    if count > told:
        yield from _more(manifest, others, count - told)


def _more(manifest: Manifest, others: list[Manifest], count: int) -> Iterator[Finding]:
    nowhere = any(
        not any(listed) for listed in zip(manifest.listed, *(o.listed for o in others), strict=True)
    )
    sentence = f"And {count} more files are not in {manifest.name}."
    yield (error if nowhere else warning)("file-unlisted", "2.1.3", sentence)
