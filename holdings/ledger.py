"""The order in which history is written: first into the stores, then into the catalogue.

So the catalogue never knows what the stores could not tell again after its loss. A crash
between the two leaves a batch of events that the catalogue lacks; `catalogue check` names
it and `catalogue rebuild` takes it in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from holdings.catalogue.interface import Catalogue, Entry
from holdings.clock import from_iso, iso
from holdings.errors import AlreadyExists, BadInput, Conflict, Unavailable
from holdings.records import Copy, CopyStatus, Event, EventType, Outcome, batch_id, journal_key
from holdings.stores.interface import Writes

JOURNAL_FORMAT = 1
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def event_to_json(event: Event) -> str:
    """One line of a journal batch: compact, keys in a fixed order."""
    return _compact(
        {
            "format": JOURNAL_FORMAT,
            "event_id": event.event_id,
            "at": iso(event.at),
            "event_type": event.event_type,
            "package_id": event.package_id,
            "store": event.store,
            "agent": event.agent,
            "outcome": event.outcome,
            "run": event.run,
            "detail": event.detail,
        }
    )


def event_from_json(line: str, *, origin: str) -> Event:
    """The inverse of `event_to_json`; BadInput naming `origin` where the line is no event."""
    try:
        row = json.loads(line)
        if row.pop("format") != JOURNAL_FORMAT:
            raise ValueError("unknown format")
        row["at"] = from_iso(row["at"])
        row["event_type"] = EventType(row["event_type"])
        row["outcome"] = Outcome(row["outcome"])
        return Event(**row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{origin} holds a line that is no event of Holdfast.", detail=str(error)) from None


def latest_verifications(events: Iterable[Event]) -> dict[tuple[str, str], Event]:
    """The last reading of each (package, store) that the events tell of, good or bad."""
    last: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=lambda event: event.event_id):
        if event.store is not None and event.event_type in _READINGS:
            last[event.package_id, event.store] = event
    return last


_READINGS = {EventType.INGESTION, EventType.REPLICATION, EventType.FIXITY_CHECK, EventType.RECOVERY}
"""Each of these is recorded only after the copy's bytes were read from the store."""


def copy_after(event: Event) -> Copy:
    """What a reading says of the copy it read."""
    if event.store is None:
        raise ValueError(f"event {event.event_id} concerns no store")
    good = event.outcome is Outcome.SUCCESS
    bad = CopyStatus.MISSING if event.detail.get("found") == "missing" else CopyStatus.SUSPECT
    made_by = event.detail.get("made_by", event.run)
    verified_at = event.at if good else event.detail.get("last_verified_at")
    return Copy(
        package_id=event.package_id,
        store=event.store,
        status=CopyStatus.VERIFIED if good else bad,
        verified_at=from_iso(verified_at) if isinstance(verified_at, str) else event.at if good else None,
        made_by=str(made_by),
    )


class Ledger:
    """The one way to write history."""

    def __init__(self, catalogue: Catalogue, journals: Mapping[str, Writes]) -> None:
        self._catalogue = catalogue
        self._journals = journals

    def record(self, entry: Entry) -> None:
        """Journal the events of `entry` in every store that keeps journals, then record it.

        One store that accepts suffices; where none does, nothing is recorded and the last
        refusal is raised.
        """
        if entry.events:
            self._journal(entry.events)
        self._catalogue.record(entry)

    def _journal(self, events: Sequence[Event]) -> None:
        first = min(events, key=lambda event: event.event_id)
        # The batch is named after its first event, so that a listing tells whether the catalogue has it.
        key = journal_key(first.at, batch_id(first))
        body = "".join(event_to_json(event) + "\n" for event in events).encode()
        refused: Unavailable | None = None
        kept = 0
        for name, store in self._journals.items():
            try:
                store.put(key, body)
                kept += 1
            except Unavailable as error:
                refused = error
            except AlreadyExists:
                # Its name is as fresh as the event: nobody but us has written it, through another store.
                raise Conflict(
                    f"The store '{name}' holds already what was just written to another one: they are one "
                    "place under two names, so that a copy in each is one copy.",
                    hint="Give each store of holdfast.toml a place of its own.",
                ) from None
        if not kept:
            raise refused or BadInput(
                "No store keeps journals, so history could not be rebuilt.",
                hint="Set keeps_journal = true for at least one store.",
            )
