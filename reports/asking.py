"""Sums that reports ask the catalogue for, in SQL: memory grows with the answer, not with the holdings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from holdings.catalogue.interface import Catalogue

_SECONDS = 600
DAY_S = 86_400


def asked(catalogue: Catalogue, query: str) -> list[dict[str, Any]]:
    """The rows of the answer."""
    with catalogue.sql(query, seconds=_SECONDS) as reader:
        return list(reader.read_all().to_pylist())


def month_of_day(day: int) -> str:
    """`2026-03`, of a number of days since 1970."""
    return f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m}"


def moment_of(seconds: float | None) -> str | None:
    """A moment for people, of seconds since 1970; None stays None."""
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def quoted(text: str) -> str:
    """`text` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
