"""Names that not every system can hold: archives travel, so what one of them loses is lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from archive.validating.interface import Finding, error, printable, warning
from archive.validating.opened import OpenedBag
from archive.validating.paths import fold, is_junk, look_over, why_unportable

_BATCH = 65_536
_IN = {"name-case": "case", "name-unicode": "Unicode form"}


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Every name that is there, and every name that a manifest gives."""
    absent = sorted(
        {path for manifest in (*bag.payload_manifests, *bag.tag_manifests) for path in manifest.absent}
    )
    everything = chain(bag.contents.payload.places, bag.contents.tags.places, absent)
    # Hashes instead of the folded names themselves: a third of the memory for a million.
    folded: set[int] = set()
    count = 0
    while batch := list(islice(everything, _BATCH)):
        odd, in_one_case = look_over(batch)
        for path in batch if odd else ():
            yield from _check_name(path)
        count += len(batch)
        folded.update(map(hash, in_one_case))
    if len(folded) != count:
        yield from _check_collisions(bag, absent)


def _check_name(path: str) -> Iterator[Finding]:
    shown = printable(path)
    if "\\" in path:
        sentence = f"{shown} has a backslash in its name: on Windows it is another file."
        yield error("name-backslash", "6.1.1", sentence, path)
    if not _is_utf8(path):
        yield error("name-not-utf8", "6.1.1", f"The name {shown} is not UTF-8.", path)
    why = why_unportable(path)
    if why is not None:
        yield warning("name-unportable", "6.1.1", f"{shown} {why}.", path)
    if is_junk(path):
        yield warning("system-file", "6.1.1", f"{shown} was left behind by an operating system.", path)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_collisions(bag: OpenedBag, absent: list[str]) -> Iterator[Finding]:
    not_there = set(absent)
    first: dict[str, str] = {}
    for path in chain(bag.contents.payload.places, bag.contents.tags.places, absent):
        other = first.setdefault(fold(path), path)
        if other != path:
            yield _collision(other, path, both_there=not {path, other} & not_there)


def _collision(one: str, other: str, *, both_there: bool) -> Finding:
    code = "name-case" if one.lower() == other.lower() else "name-unicode"
    sentence = (
        f"{printable(one)} and {printable(other)} differ only in {_IN[code]}: not every system can hold both."
    )
    # Two files that are there would become one; a second name in a manifest has no file to lose.
    return (error if both_there else warning)(code, "6.1.1", sentence, other)
