"""Packages of which no copy is good any more, and whose images are held good in another version of them.

They are lost, and nothing is missing: the same folder was deposited again after the damage was found.
Once such a package is withdrawn, no rule waits for copies of it that nobody can make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from archive.naming import NEWER_ENDING, base_of
from holdings.errors import NotFound
from holdings.house import House
from holdings.records import CopyStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldAgain:
    """A lost package that was withdrawn, and is counted no more."""

    package_id: str
    size_bytes: int
    other: str
    """The version in which every image of it is held good."""


def held_again(house: House, packages: pa.Table, copies: pa.Table) -> dict[str, str]:
    """By package without a verified copy the version that has one, and every image of the package."""
    verified = pc.equal(copies.column("status"), str(CopyStatus.VERIFIED))
    good = copies.filter(verified).column("package_id").unique()
    ids = packages.column("package_id")
    lost = ids.filter(pc.invert(pc.is_in(ids, value_set=good))).to_pylist()
    if not lost:
        return {}
    bases = pa.array(sorted({base_of(package_id) for package_id in lost}), pa.string())
    base = pc.replace_substring_regex(good, NEWER_ENDING, "")
    versions: dict[str, list[str]] = {}
    for other in good.filter(pc.is_in(base, value_set=bases)).to_pylist():
        versions.setdefault(base_of(other), []).append(other)
    found = {}
    for package_id in lost:
        for other in sorted(versions.get(base_of(package_id), ())):
            if (images := _images(house, package_id)) and images <= _images(house, other):
                found[package_id] = other
    return found


def _images(house: House, package_id: str) -> set[str]:
    """The content of each image; nothing where the index of the package is not here."""
    try:
        return {image.sha256 for image in house.catalogue.images.images(package_id)}
    except NotFound:
        return set()


def apart(packages: pa.Table, again: Mapping[str, str]) -> tuple[pa.Table, list[HeldAgain]]:
    """`packages` without those that are withdrawn, lost and held again; and these."""
    if not again:
        return packages, []
    named = pa.array(sorted(again), pa.string())
    gone = pc.and_(
        pc.is_in(packages.column("package_id"), value_set=named),
        pc.is_valid(packages.column("withdrawn_at")),
    )
    rows = packages.filter(gone).select(["package_id", "bytes"]).to_pylist()
    return packages.filter(pc.invert(gone)), [
        HeldAgain(package_id=row["package_id"], size_bytes=row["bytes"], other=again[row["package_id"]])
        for row in rows
    ]
