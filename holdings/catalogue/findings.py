"""How the catalogue and the stores can differ, each in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What is wrong, for programs."""

    UNRECORDED_PACKAGE = "unrecorded-package"
    UNRECORDED_COPY = "unrecorded-copy"
    UNRECORDED_HISTORY = "unrecorded-history"
    MISSING_OBJECT = "missing-object"
    WRONG_SIZE = "wrong-size"
    MISSING_INDEX = "missing-index"
    DEBRIS = "debris"
    UNREADABLE = "unreadable"
    LOST_PACKAGE = "lost-package"
    UNKNOWN_STORE = "unknown-store"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Finding:
    """One difference."""

    kind: FindingKind
    package_id: str | None
    """None where it concerns no package in particular."""
    store: str | None
    sentence: str
