"""Time comes from here, so that a test or a planner can stand in 2040."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from holdings.errors import BadInput

_OFFSET = re.compile(r"^\+(\d{1,6})([hdwy])$")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "y": 365 * 24}


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for tests and for `--now`."""

    at: datetime

    def now(self) -> datetime:
        return self.at


FIRST_YEAR, LAST_YEAR = 1900, 2999
"""What is asked about a moment counts back and forth from it; nearer the ends of time that would overflow."""


def parse_moment(text: str, *, base: datetime) -> datetime:
    """The moment that `text` names: a date, a date and time, or an offset from `base`.

    text : `2040-01-31`, `2040-01-31T12:00:00Z`, or `+400d` (also h, w, y of 365 days).

    Raises BadInput for anything else. A moment without a zone is UTC.
    """
    try:
        moment = _moment(text, base=base)
    except (ValueError, OverflowError):
        raise BadInput(
            f"'{text}' is not a moment.", hint="Write 2040-01-31, 2040-01-31T12:00:00Z or +400d (h, d, w, y)."
        ) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadInput(f"'{text}' is not a moment of the years {FIRST_YEAR} to {LAST_YEAR}.")
    return moment


def _moment(text: str, *, base: datetime) -> datetime:
    if offset := _OFFSET.fullmatch(text):
        return base + timedelta(hours=int(offset[1]) * _HOURS[offset[2]])
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """`moment` as it is written in files: UTC, to the microsecond, ending in Z."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def from_iso(text: str) -> datetime:
    """The inverse of `iso`."""
    return datetime.fromisoformat(text).astimezone(UTC)
