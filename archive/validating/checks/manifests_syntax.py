"""Which manifests there are, under which names, and every line of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archive.validating.algorithms import MANIFEST_NAME, hasher, normalised
from archive.validating.interface import Finding, error, printable, warning
from archive.validating.manifests import Manifest, ManifestReader, new_manifest
from archive.validating.opened import OpenedBag

_WEAK = frozenset({"md5", "sha1"})


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Read every manifest and write it down."""
    reader = ManifestReader(bag.contents, encoding=bag.encoding, is_1_0=bag.is_1_0)
    for name in sorted(bag.contents.tags.places):
        parts = MANIFEST_NAME.fullmatch(name)
        if parts is None:
            continue
        yield from _check_name(bag, name, parts)
        manifest = _open(bag, name, parts)
        reader.fill(manifest, bag.source.read(name))
        (bag.tag_manifests if manifest.is_tag else bag.payload_manifests).append(manifest)
        if bag.structure_only:  # they were needed to tell a repetition from a contradiction
            manifest.digests.clear()
        yield from manifest.all_findings()
    yield from _check_kinds(bag)


def _open(bag: OpenedBag, name: str, parts: re.Match[str]) -> Manifest:
    algorithm = normalised(parts["algorithm"])
    is_tag = bool(parts["tag"])
    files = bag.contents.tags if is_tag else bag.contents.payload
    return new_manifest(name, algorithm, hasher(algorithm), is_tag=is_tag, files=files)


def _check_name(bag: OpenedBag, name: str, parts: re.Match[str]) -> Iterator[Finding]:
    algorithm = normalised(parts["algorithm"])
    kind = "tagmanifest" if parts["tag"] else "manifest"
    if name != f"{kind}-{algorithm}.txt":
        make = error if bag.is_1_0 else warning
        sentence = f"{printable(name)} should be named {kind}-{algorithm}.txt: lower-case letters and digits."
        yield make("algorithm-name", "2.4", sentence, name)
    if hasher(algorithm) is None:
        sentence = f"{printable(parts['algorithm'])} is no checksum algorithm known here."
        yield error("algorithm-unknown", "2.4", sentence, name)


def _check_kinds(bag: OpenedBag) -> Iterator[Finding]:
    if not bag.payload_manifests:
        yield error("manifest-missing", "2.1.3", "There is no payload manifest.")
    elif bag.is_1_0 and all(manifest.algorithm in _WEAK for manifest in bag.payload_manifests):
        sentence = "Only MD5 or SHA-1 vouch for the payload; neither withstands an attacker."
        yield warning("algorithm-weak", "2.4", sentence)
    for manifests in (bag.payload_manifests, bag.tag_manifests):
        names: dict[str, str] = {}
        for manifest in manifests:
            if other := names.get(manifest.algorithm):
                sentence = f"{other} and {manifest.name} are manifests for the same algorithm."
                yield error("algorithm-twice", "2.1.3", sentence, manifest.name)
            names[manifest.algorithm] = manifest.name
