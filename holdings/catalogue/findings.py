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


_REBUILD = "holdfast catalogue rebuild takes it in."
_VERIFY = "holdfast verify records it; then holdfast tier plan shows how to make it whole."
WAYS_OUT = {
    FindingKind.UNRECORDED_PACKAGE: "Deposit the same source again, which finishes it; or "
    "holdfast catalogue rebuild takes it in as it is.",
    FindingKind.UNRECORDED_COPY: _REBUILD,
    FindingKind.UNRECORDED_HISTORY: "holdfast catalogue rebuild takes it in. A command that was killed "
    "leaves this behind; its work may also simply be done again.",
    FindingKind.MISSING_OBJECT: _VERIFY,
    FindingKind.WRONG_SIZE: _VERIFY,
    FindingKind.MISSING_INDEX: "holdfast catalogue rebuild fetches it from the stores.",
    FindingKind.DEBRIS: "Run the deposit or plan that did not finish again: it goes on there. What nobody "
    "will finish is safe to remove with the store's own tools once no command is at work.",
    FindingKind.UNREADABLE: "holdfast verify tells what is left of it.",
    FindingKind.LOST_PACKAGE: "Is a store missing from the settings? Otherwise deposit its source again.",
    FindingKind.UNKNOWN_STORE: "Run this again when the store can be reached, and is named in the settings.",
}
"""What to do about each kind."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Finding:
    """One difference."""

    kind: FindingKind
    package_id: str | None
    """None where it concerns no package in particular."""
    store: str | None
    sentence: str

    @property
    def hint(self) -> str:
        """The way out."""
        return WAYS_OUT[self.kind]
