"""Files that were touched between survey and storing are looked into again before they are read.

```
size and time as surveyed, change time another ─> identify it again ─> the same: its bytes are read
                                                                  └─> another: it changed, and is refused
```

A backup that sets times back, a chmod or a hard link must not stop a deposit of many hours; nor may a bag
hold anything else than what was identified, because somebody wrote other bytes and set the time back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from archive.identifying.identify import identify_files
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.sources.interface import LeftOut, Source, SourceFile, Touched, changed


class LookingAgain:
    """A source of files of which it is known what they are."""

    def __init__(self, source: Source, files: Sequence[FoundImage | Sidecar], *, check: Check) -> None:
        self.origin = source.origin
        self._source = source
        self._files = files
        self._check = check

    def entries(self) -> Iterator[SourceFile | LeftOut]:
        return self._source.entries()

    def open(self, file: SourceFile) -> BinaryIO:
        return self._source.open(file)

    def read(self, file: SourceFile) -> Iterator[bytes]:
        try:
            yield from self._source.read(file)
        except Touched as touched:
            if touched.now is None or not self._is_still_what_it_was(touched.now):
                raise changed(file.path) from None
            now = touched.now
        else:
            return
        # From the looking until the last byte it must stay as it is: whoever touches it again is refused.
        yield from self._source.read(now)

    def _is_still_what_it_was(self, now: SourceFile) -> bool:
        was = next(found for found in self._files if found.file.path == now.path)
        (found,) = identify_files(self._source, [now], check=self._check, threads=1)
        return not isinstance(found, LeftOut) and replace(found, file=was.file) == was

    def confirm(self, file: SourceFile) -> None:
        self._source.confirm(file)

    def local_path(self, file: SourceFile) -> Path | None:
        return self._source.local_path(file)
