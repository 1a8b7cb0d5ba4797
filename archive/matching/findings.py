"""What was noticed while reading and matching: one sentence each, never more than can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from archive.matching.bounds import MAX_NAMED

LISTED = frozenset({"image-without-record", "record-without-image", "image-ambiguous"})
"""Codes of what a Matching lists in full, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that an archivist should know."""

    code: str
    """Lasting, for programs: `ragged-row`."""
    sentence: str
    """Names the file and, where there is one, the line."""


class Findings:
    """Collects findings; of each code the first are kept and the rest is counted."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._kept: list[Finding] = []
        self._seen: Counter[str] = Counter()

    def add(self, code: str, sentence: str | Callable[[], str]) -> None:
        """Note one. What is costly to say is said only if it is kept."""
        self._seen[code] += 1
        if self._seen[code] <= MAX_NAMED:
            said = sentence if isinstance(sentence, str) else sentence()
            self._kept.append(Finding(code=code, sentence=said))

    def done(self) -> tuple[Finding, ...]:
        """All that were kept, then for each code how many were not."""
        more = [
            Finding(
                code=code, sentence=f"{self._origin}: {seen - MAX_NAMED:,} more of '{code}' are not listed."
            )
            for code, seen in self._seen.items()
            if seen > MAX_NAMED
        ]
        return (*self._kept, *more)


def shown(text: str) -> str:
    """A piece of what came from outside, short and on one line, in quotation marks."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
