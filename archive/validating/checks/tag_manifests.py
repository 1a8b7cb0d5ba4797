"""Tag manifests vouch for the payload manifests, and never for the payload or for each other."""

from __future__ import annotations

from collections.abc import Iterator

from archive.validating.checks.payload_complete import missing_from
from archive.validating.interface import Finding, error, printable, warning
from archive.validating.manifests import Manifest
from archive.validating.opened import OpenedBag


def check(bag: OpenedBag) -> Iterator[Finding]:
    """What they must list is listed, and what they list is there."""
    yield from missing_from(bag, bag.tag_manifests, section="2.2.1")
    for manifest in bag.tag_manifests:
        yield from _check_lists_manifests(bag, manifest)
    yield from _check_the_rest(bag)


def _check_lists_manifests(bag: OpenedBag, manifest: Manifest) -> Iterator[Finding]:
    for payload_manifest in bag.payload_manifests:
        if not manifest.listed[manifest.files.places[payload_manifest.name]]:
            sentence = f"{manifest.name} does not list {payload_manifest.name}."
            yield error("tagmanifest-incomplete", "2.2.1", sentence, manifest.name)


def _check_the_rest(bag: OpenedBag) -> Iterator[Finding]:
    if not bag.tag_manifests:
        return
    own_kind = {manifest.name for manifest in bag.tag_manifests} | {m.name for m in bag.payload_manifests}
    for place, path in enumerate(bag.contents.tags.paths):
        without = [manifest.name for manifest in bag.tag_manifests if not manifest.listed[place]]
        if without and path not in own_kind:
            sentence = f"{printable(path)} is not in {' and '.join(without)}: nothing would notice a change."
            yield warning("tag-file-unlisted", "2.2.1", sentence, path)
