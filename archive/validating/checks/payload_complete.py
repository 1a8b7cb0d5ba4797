"""Every payload file in every payload manifest, and every listed file there."""

from __future__ import annotations

from collections.abc import Iterator

from archive.validating.interface import Finding, error, printable
from archive.validating.manifests import Manifest
from archive.validating.opened import OpenedBag

_TOLD = 1000
"""Files named one by one; the rest are counted."""


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Both directions, each file named once."""
    if not bag.payload_manifests:
        return
    yield from missing_from(bag, bag.payload_manifests, section="3")
    # The drafts before 1.0 were content with one manifest out of several. Not here: what only
    # the weaker algorithm vouches for is not vouched for (and bagit.py still writes 0.97).
    for manifest in bag.payload_manifests:
        yield from _unlisted(manifest)


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


def _unlisted(manifest: Manifest) -> Iterator[Finding]:
    count = len(manifest.files) - manifest.listed.count(1)
    if not count:
        return
    unlisted = (
        path for path, listed in zip(manifest.files.paths, manifest.listed, strict=True) if not listed
    )
    for path, _ in zip(unlisted, range(_TOLD), strict=False):
        yield error("file-unlisted", "2.1.3", f"{printable(path)} is not in {manifest.name}.", path)
    if count > _TOLD:
        yield error("file-unlisted", "2.1.3", f"And {count - _TOLD} more files are not in {manifest.name}.")
