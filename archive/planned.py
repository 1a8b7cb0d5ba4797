"""One bag of a deposit, as far as it is known before its bytes are read: what a worker is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive.bag import Intent
from archive.describing.interface import Contents, Matched
from archive.identifying.interface import FoundImage, Sidecar
from archive.sources.interface import LeftOut, SourceFile


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedBag:
    """The files that will share a bag, and what is known of them."""

    files: Sequence[FoundImage | Sidecar]
    """In order of the paths' UTF-8 bytes."""
    number: int = 1
    count: int = 1
    matched: Mapping[str, Matched] = field(default_factory=dict)
    """By path."""
    specimens: Mapping[str, str] = field(default_factory=dict)
    """Numbers of specimens, from records or file names, by path."""
    metadata: str | None = None
    """The name of the file that the records came from."""
    left_out: Sequence[LeftOut] = ()

    @property
    def source_files(self) -> list[SourceFile]:
        """What will be read."""
        return [found.file for found in self.files]

    @property
    def images(self) -> list[FoundImage]:
        """Those of the files that are images."""
        return [found for found in self.files if isinstance(found, FoundImage)]

    @property
    def identity(self) -> str:
        """The same as long as every file and its record is what it was; without reading one."""
        seen = hashlib.sha256()
        for file in self.source_files:
            record = self.matched.get(file.path)
            terms = sorted(record.terms.items()) if record else None
            told = (
                file.path,
                file.size_bytes,
                file.modified_ns,
                file.identity,
                self.specimens.get(file.path),
                terms,
            )
            seen.update(json.dumps(told).encode() + b"\0")
        return seen.hexdigest()

    def contents(self, intent: Intent) -> Contents:
        """What is told of them in the bag itself."""
        return Contents(
            package_id=intent.package_id,
            collection=intent.collection,
            started_at=intent.started_at,
            software=intent.software,
            agent=intent.agent,
            check=intent.check,
            files=self.files,
            matched=self.matched,
            metadata=self.metadata,
            left_out=self.left_out,
            number=intent.number,
            count=intent.count,
        )
