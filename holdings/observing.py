"""The library is quiet: it tells an observer what happens, and the observer may do nothing.

Only the command line knows progress bars. These are not the catalogue's events
(`holdings.records.Event`): they are forgotten as soon as they are told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A long piece of work begins."""

    job: str
    """A few words for a person: "reading back nhmuk-7f3a"."""
    total_bytes: int | None
    """None where nobody can know yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Advanced:
    """Bytes of the job of that name are done."""

    job: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """The job of that name is over."""

    job: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Nothing is wrong yet, but somebody else must finish first."""

    what: str
    seconds_left: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Retried:
    """A store did not answer well and is asked again."""

    store: str
    verb: str
    attempt: int
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyVerified:
    """A copy was read back from its store and matched."""

    package_id: str
    store: str
    size_bytes: int
    seconds: float


Happening = Started | Advanced | Finished | Waiting | Retried | CopyVerified
Observer = Callable[[Happening], None]


def nobody(_: Happening) -> None:
    """The observer that does nothing."""
