"""Every byte of every listed file against every checksum: one read per file, all algorithms at once.

hashlib lets go of the interpreter while it hashes, so threads share the files; small ones are
handed out in batches, as a thread per file would cost more than the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from threading import Lock

from archive.validating.interface import (
    Buffer,
    Files,
    Finding,
    OnePassSource,
    Problem,
    error,
    is_one_pass,
    printable,
)
from archive.validating.manifests import Manifest
from archive.validating.opened import OpenedBag
from holdings.observing import Advanced, Finished, Observer, Started

_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_FILES = 500
_TELL_BYTES = 16 * 1024 * 1024


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Nothing where only the structure was asked for."""
    if bag.structure_only:
        return
    tables = _tables(bag)
    progress = _Progress(bag.observer, f"validating {bag.source.name}")
    progress.start(sum(sum(table.files.sizes) for table in tables))
    try:
        if is_one_pass(bag.source):
            yield from _as_it_comes(bag.source, tables, progress)
        else:
            yield from _in_threads(bag, tables, progress)
    finally:
        progress.finish()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """Files and the manifests that vouch for them."""

    files: Files
    manifests: tuple[Manifest, ...]
    all_listed: bool
    """Every file in every one of these manifests."""

    def vouching_for(self, place: int) -> Sequence[Manifest]:
        """The manifests that list a file."""
        if self.all_listed:
            return self.manifests
        return [manifest for manifest in self.manifests if manifest.listed[place]]


def _tables(bag: OpenedBag) -> list[_Table]:
    pairs = (bag.contents.tags, bag.tag_manifests), (bag.contents.payload, bag.payload_manifests)
    return [_table(files, [each for each in manifests if each.new_hasher]) for files, manifests in pairs]


def _table(files: Files, manifests: Sequence[Manifest]) -> _Table:
    all_listed = not any(0 in manifest.listed for manifest in manifests)
    return _Table(files=files, manifests=tuple(manifests), all_listed=all_listed)


def _in_threads(bag: OpenedBag, tables: list[_Table], progress: _Progress) -> Iterator[Finding]:
    def check_batch(job: tuple[_Table, range]) -> list[Finding]:
        table, batch = job
        found: list[Finding] = []
        for place in batch:
            found += _check_file(table, place, bag.source.read, progress)
        return found

    jobs = chain.from_iterable(((table, batch) for batch in _batches(table.files)) for table in tables)
    with ThreadPoolExecutor(bag.threads, thread_name_prefix="fixity") as pool:
        for found in pool.map(check_batch, jobs):
            yield from found


def _batches(files: Files) -> Iterator[range]:
    first, size_bytes = 0, 0
    for place, size in enumerate(files.sizes):
        if place > first and (size_bytes + size > _BATCH_BYTES or place - first == _BATCH_FILES):
            yield range(first, place)
            first, size_bytes = place, 0
        size_bytes += size
    yield range(first, len(files))


def _as_it_comes(source: OnePassSource, tables: list[_Table], progress: _Progress) -> Iterator[Finding]:
    if {manifest.algorithm for table in tables for manifest in table.manifests} <= source.hashed_by:
        for table in tables:
            yield from _as_it_was_listed(source, table)
        return
    by_path = {path: (table, place) for table in tables for path, place in table.files.places.items()}
    for path, chunks in source.read_all():
        if path in by_path:
            yield from _check_file(*by_path[path], {path: chunks}.__getitem__, progress)


def _as_it_was_listed(source: OnePassSource, table: _Table) -> Iterator[Finding]:
    for manifest in table.manifests:
        for place, path in enumerate(table.files.paths):
            digest, expected = source.digest(path, manifest.algorithm), manifest.expected(place)
            if digest is not None and expected is not None and digest != expected:
                yield _mismatch(manifest, path, digest)


def _check_file(
    table: _Table, place: int, read: Callable[[str], Iterable[Buffer]], progress: _Progress
) -> list[Finding]:
    manifests = table.vouching_for(place)
    path = table.files.paths[place]
    try:
        # Also where nothing vouches for the file: this is where a zip's lies about a member show.
        chunks = read(path)
        if not manifests:
            return []
        size, digests = _hash(manifests, chunks, progress)
    except Problem as problem:
        return [error(problem.code, "3", f"{printable(path)} {problem.sentence}.", path)]
    if size != table.files.sizes[place]:
        sentence = f"{printable(path)} gave {size} bytes and was listed with {table.files.sizes[place]}."
        return [error("file-changed", "3", sentence, path)]
    return [
        _mismatch(manifest, path, digest)
        for manifest, digest in zip(manifests, digests, strict=True)
        if not manifest.expects(digest, place)
    ]


def _hash(
    manifests: Sequence[Manifest], chunks: Iterable[Buffer], progress: _Progress
) -> tuple[int, list[bytes]]:
    chunks = iter(chunks)
    first = next(chunks, b"")
    size = len(first)
    # `first` goes to the constructor: on small files a call less per algorithm is felt.
    hashers = [manifest.new_hasher(bytes(first)) for manifest in manifests if manifest.new_hasher]
    progress.add(size)
    for chunk in chunks:
        for hasher in hashers:
            hasher.update(chunk)
        size += len(chunk)
        progress.add(len(chunk))
    return size, [hasher.digest() for hasher in hashers]


def _mismatch(manifest: Manifest, path: str, digest: bytes) -> Finding:
    section = "2.2.1" if manifest.is_tag else "2.1.3"
    sentence = (
        f"{printable(path)} does not match {manifest.name}: its {manifest.algorithm} is {digest.hex()}."
    )
    return error("checksum-mismatch", section, sentence, path)


class _Progress:
    """Tells the observer now and then, one thread at a time."""

    def __init__(self, observer: Observer, job: str) -> None:
        self._observer = observer
        self._job = job
        self._untold = 0
        self._lock = Lock()

    def start(self, total_bytes: int) -> None:
        self._observer(Started(job=self._job, total_bytes=total_bytes))

    def add(self, size_bytes: int) -> None:
        """More bytes are done."""
        with self._lock:
            self._untold += size_bytes
            if self._untold >= _TELL_BYTES:
                self._observer(Advanced(job=self._job, size_bytes=self._untold))
                self._untold = 0

    def finish(self) -> None:
        self._observer(Advanced(job=self._job, size_bytes=self._untold))
        self._observer(Finished(job=self._job))
