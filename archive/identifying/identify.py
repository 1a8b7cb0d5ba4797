"""What each file of a source is: an image that is whole, a sidecar, or left out, because.

```
files ─> batches ─> look into each ─> PRONOM for the batch ─> decode, if asked ─> in their order
```

A few batches are at work at a time; however many files there are, no more are in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import BinaryIO, Protocol

from archive.identifying.decoding import Decoders
from archive.identifying.interface import Check, Format, FoundImage, Sidecar
from archive.identifying.looking import Looked, look_into
from archive.identifying.pronom import Pronom
from archive.identifying.signatures import EXTENSIONS
from archive.sources.interface import LeftOut, SourceFile

_BATCH = {Check.STRUCTURE: 64, Check.DECODE: 1}
"""Files that go to PRONOM together: that saves half of its time, and is nothing beside decoding."""
Identified = FoundImage | Sidecar | LeftOut
Look = Callable[[Sequence[SourceFile]], list[Looked | LeftOut]]


class Opens(Protocol):
    """A source, as far as it is looked into here."""

    def open(self, file: SourceFile) -> BinaryIO:
        """See `Source`. Called from several threads at a time."""
        ...


def identify_files(
    source: Opens, files: Iterable[SourceFile], *, check: Check, threads: int, look: Look | None = None
) -> Iterator[Identified]:
    """One result for each file, in the order of `files`, which are read from as results are taken.

    threads : how many files are looked into and decoded at a time.
    look : looks into some files of the source; None means here.
    """
    look = look or partial(look_into_all, source)
    with ExitStack() as stack:
        pronom = stack.enter_context(Pronom())
        decoders = stack.enter_context(Decoders(threads)) if check is Check.DECODE else None
        pool = ThreadPoolExecutor(threads, thread_name_prefix="identifying")
        stack.callback(pool.shutdown, cancel_futures=True)
        under_way: deque[Future[list[Identified]]] = deque()
        for batch in _batches(files, _BATCH[check]):
            under_way.append(pool.submit(_identify, source, batch, look, pronom, decoders))
            if len(under_way) > 2 * threads:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


def _batches(files: Iterable[SourceFile], size: int) -> Iterator[list[SourceFile]]:
    remaining = iter(files)
    while batch := list(islice(remaining, size)):
        yield batch


def _identify(
    source: Opens, files: Sequence[SourceFile], look: Look, pronom: Pronom, decoders: Decoders | None
) -> list[Identified]:
    looked = look(files)
    seen = [item for item in looked if isinstance(item, Looked)]
    formats = iter(pronom.formats([(item.extension, item.excerpt) for item in seen]))
    results = [_concluded(item, *next(formats)) if isinstance(item, Looked) else item for item in looked]
    if decoders is None:
        return results
    return [decoders.check(source, item) if isinstance(item, FoundImage) else item for item in results]


def look_into_all(source: Opens, files: Sequence[SourceFile]) -> list[Looked | LeftOut]:
    """What is seen of each file; PRONOM is not asked."""
    return [_look(source, file) for file in files]


def _look(source: Opens, file: SourceFile) -> Looked | LeftOut:
    try:
        with source.open(file) as opened:
            return look_into(opened, file)
    except OSError as error:
        return LeftOut(path=file.path, because=f"it cannot be read: {error.strerror or error}")


def _concluded(looked: Looked, told: Format, warning: str) -> FoundImage | Sidecar:
    """From the file's own bytes and from PRONOM. The bytes decide; names and PRONOM are noted."""
    extension = looked.extension
    if looked.structure is None:
        return Sidecar(file=looked.file, format=told, notes=_sidecar_notes(extension, told, warning))
    media_type = looked.structure.media_type
    notes = looked.structure.notes
    if extension and EXTENSIONS.get(extension) != media_type:
        notes = (f"it is named {extension}, and its bytes are {media_type}", *notes)
    return FoundImage(
        file=looked.file,
        format=replace(told, media_type=media_type),
        characteristics=looked.structure.characteristics,
        notes=notes,
    )


def _sidecar_notes(extension: str, told: Format, warning: str) -> tuple[str, ...]:
    notes = []
    if told.media_type.startswith("image/"):
        notes.append(
            f"it is {told.name or told.media_type}, an image format that is not checked; it is kept as it is"
        )
    if "extension mismatch" in warning and extension:
        notes.append(f"it is named {extension}, and its bytes are {told.name or told.media_type}")
    return tuple(notes)
