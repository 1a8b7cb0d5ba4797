"""Names that not every system can hold: archives travel, so what one of them loses is lost."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from operator import lt

from archive.validating.interface import Contents, Finding, error, printable, warning
from archive.validating.opened import OpenedBag
from archive.validating.paths import fold, fold_all, is_junk, look_over, why_unportable

_BATCH = 65_536
_IN = {"name-case": "case", "name-unicode": "Unicode form"}


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Every name that is there, and every name that a manifest gives."""
    absent = sorted(
        {path for manifest in (*bag.payload_manifests, *bag.tag_manifests) for path in manifest.absent}
    )
    others = [*bag.contents.tags.paths, *absent]
    last, in_order = "", True
    for batch in _batches(bag.contents.payload.paths):
        folded = yield from _look_over(batch)
        # Names that follow each other in order are all different: no need to remember them.
        in_order = in_order and last < folded[0] and all(map(lt, folded, folded[1:]))
        last = folded[-1]
    for batch in _batches(others):
        yield from _look_over(batch)
    if not (in_order and _stand_apart(others)):
        yield from _check_collisions(bag, absent)
    yield from _check_below_files(bag.contents)


def _batches(paths: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(paths)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _look_over(batch: list[str]) -> Generator[Finding, None, list[str]]:
    """What is odd about these names; returns them folded."""
    odd, folded = look_over(batch)
    for path in batch if odd else ():
        yield from _check_name(path)
    return folded


def _stand_apart(others: list[str]) -> bool:
    """Whether names beside the payload differ from each other and from whatever the payload may hold."""
    folded = fold_all(others)
    return len(set(folded)) == len(folded) and not any(name.startswith("data/") for name in folded)


def _some_collide(paths: Iterable[str]) -> bool:
    # Hashes instead of the folded names themselves: a third of the memory for a million.
    hashes: set[int] = set()
    count = 0
    for batch in _batches(paths):
        count += len(batch)
        hashes.update(map(hash, fold_all(batch)))
    return len(hashes) != count


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


def _check_below_files(contents: Contents) -> Iterator[Finding]:
    """A store or an archive can hold both `a` and `a/b`; no file system can."""
    everything = partial(chain, contents.payload.paths, contents.tags.paths)
    folders = {path.rpartition("/")[0] for path in everything()}
    for folder in tuple(folders):
        while (folder := folder.rpartition("/")[0]) and folder not in folders:
            folders.add(folder)
    for path in everything():
        if path in folders:
            sentence = (
                f"{printable(path)} is a file, and other files lie below it: no file system can hold both."
            )
            yield error("name-below-file", "6.1.1", sentence, path)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_collisions(bag: OpenedBag, absent: list[str]) -> Iterator[Finding]:
    everything = partial(chain, bag.contents.payload.paths, bag.contents.tags.paths, absent)
    if not _some_collide(everything()):
        return
    not_there = set(absent)
    first: dict[str, str] = {}
    for path in everything():
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
