"""Filling the holes of a bag: what fetch.txt names, read from where it says, if somebody asks for that.

A file appears under its name only once every payload manifest's checksum matched. Nothing is
replaced, and no folder is entered through a link.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.validating.checks import declaration, encoding, fetch, manifests_syntax
from archive.validating.folder import FolderSource
from archive.validating.interface import Finding, Problem, error, printable
from archive.validating.network import Reader
from archive.validating.opened import FetchLine, OpenedBag
from holdings.observing import Advanced, Finished, Observer, Started, nobody

MOST_BYTES = 1 << 40
"""Of a file whose length fetch.txt leaves open."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def fill(folder: Path, *, reader: Reader | None = None, observer: Observer = nobody) -> list[Finding]:
    """Fetch what is missing of the bag in `folder`; returns what could not be, and why."""
    source = FolderSource(folder)
    bag = OpenedBag(source=source, contents=source.contents(), structure_only=True)
    for check in (declaration.check, encoding.check, manifests_syntax.check, fetch.check):
        for _ in check(bag):  # what they find, the validation tells that follows
            pass
    holes = [line for line in bag.fetch if line.path not in bag.contents.payload.places]
    job = f"fetching for {folder}"
    observer(Started(job=job, total_bytes=sum(line.size_bytes or 0 for line in holes)))
    findings = []
    for line in holes:
        try:
            _fetch(
                folder,
                bag,
                line,
                reader or Reader(),
                lambda size: observer(Advanced(job=job, size_bytes=size)),
            )
        except Problem as problem:
            sentence = f"{printable(line.path)} {problem.sentence}."
            findings.append(error(problem.code, "2.2.3", sentence, line.path))
    observer(Finished(job=job))
    return findings


def _fetch(
    folder: Path, bag: OpenedBag, line: FetchLine, reader: Reader, tell: Callable[[int], None]
) -> None:
    wanted = [
        (manifest.new_hasher(b""), manifest.absent.get(line.path), manifest.name)
        for manifest in bag.payload_manifests
        if manifest.new_hasher
    ]
    if not wanted or any(digest is None for _, digest, _ in wanted):
        raise Problem("fetch-refused", "was not fetched: not every manifest lists it")
    with _new_file(folder, line.path) as descriptor:
        size = 0
        for chunk in reader.read(line.url):
            size += len(chunk)
            if size > (MOST_BYTES if line.size_bytes is None else line.size_bytes):
                raise Problem("fetch-too-long", "is longer there than fetch.txt says; it was left")
            _write(descriptor, chunk)
            for hasher, _, _ in wanted:
                hasher.update(chunk)
            tell(len(chunk))
        if size < (line.size_bytes or 0):
            raise Problem(
                "fetch-too-short", f"has {size} bytes there, fewer than fetch.txt says; it was left"
            )
        for hasher, digest, name in wanted:
            if hasher.digest().hex() != digest:
                raise Problem("fetch-mismatch", f"is another file there than {name} says; it was left")


@contextmanager
def _new_file(folder: Path, path: str) -> Iterator[int]:
    """A descriptor to write to; the file gets its name when the block ends well."""
    try:
        with _parent(folder, path) as parent:
            name, temporary = path.rpartition("/")[2], f".fetching-{secrets.token_hex(8)}"
            descriptor = os.open(temporary, _NEW_FILE, 0o644, dir_fd=parent)
            try:
                yield descriptor
                os.fsync(descriptor)
                os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
                os.fsync(parent)
            finally:
                os.close(descriptor)
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=parent)
    except (OSError, UnicodeEncodeError) as broken:
        why = broken.strerror if isinstance(broken, OSError) else "no name that a file can have"
        raise Problem("fetch-failed", f"could not be written: {why}") from None


@contextmanager
def _parent(folder: Path, path: str) -> Iterator[int]:
    """The folder that `path` is to lie in, made where it is missing, entered part by part."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.split("/")[:-1]:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=descriptor)
            below = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _write(descriptor: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(descriptor, left) :]
