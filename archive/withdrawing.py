"""Taking packages and images out of what is given out, with who, when and why; and undoing that.

A withdrawal is a tombstone in the history (PREMIS: deaccession), nothing else: no byte is removed by
it. `find`, `get`, `export` and a deposit of the same content honour it until it is undone
(PREMIS: accession). Bytes leave by the policy only, and not before the hold time is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from archive.recording import new_event, new_run
from holdings.catalogue.interface import Entry
from holdings.clock import FixedClock
from holdings.errors import BadInput, NotFound, Withdrawn
from holdings.house import House
from holdings.records import (
    Event,
    EventType,
    PackageKind,
    Withdrawal,
    check_package_id,
    package_of_image,
    short,
)

MOST_CHARACTERS = 1000
_WORDS = (EventType.DEACCESSION, EventType.ACCESSION)


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrew:
    """What became of each thing that was to be withdrawn."""

    withdrawn: tuple[Withdrawal, ...]
    """By this run."""
    already: tuple[Withdrawal, ...]
    """Before: their tombstones are as they were."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Undone:
    """What became of each withdrawal that was to be undone."""

    undone: tuple[Withdrawal, ...]
    """The tombstones that were taken away; the history keeps them."""
    not_withdrawn: tuple[str, ...]
    """Identifiers of what was not withdrawn: nothing was done."""


def withdraw(house: House, identifiers: Sequence[str], *, reason: str, by: str | None = None) -> Withdrew:
    """Withdraw packages and images, all of them or none.

    by : who decided; None means whoever runs this.

    Raises NotFound for what is not held.
    """
    reason, by = _checked("reason", reason), _checked("name", by or house.agent)
    subjects = _subjects(house, identifiers)
    standing = _standing(house, subjects)
    new = {subject: package_id for subject, package_id in subjects.items() if subject not in standing}
    events = _record(house, EventType.DEACCESSION, new, reason=reason, by=by)
    return Withdrew(
        withdrawn=tuple(_tombstone(event) for event in events),
        already=tuple(standing.values()),
    )


def undo(house: House, identifiers: Sequence[str], *, reason: str, by: str | None = None) -> Undone:
    """Give out again what was withdrawn. Raises NotFound for what is not held."""
    reason, by = _checked("reason", reason), _checked("name", by or house.agent)
    subjects = _subjects(house, identifiers)
    standing = _standing(house, subjects)
    again = {subject: subjects[subject] for subject in standing}
    _record(house, EventType.ACCESSION, again, reason=reason, by=by)
    return Undone(
        undone=tuple(standing.values()),
        not_withdrawn=tuple(subject for subject in subjects if subject not in standing),
    )


def bytes_stay_until(house: House, withdrawal: Withdrawal) -> str:
    """The day before which no policy may remove what was withdrawn, YYYY-MM-DD."""
    hold = timedelta(seconds=house.settings.withdrawals.hold_seconds)
    return f"{withdrawal.at + hold:%Y-%m-%d}"


def refuse_withdrawn(
    house: House, package_id: str, image_id: str | None = None, *, so: str = "Its bytes are still held."
) -> None:
    """Raise Withdrawn where the package, or that image of it, is not to be given out.

    image_id : None means the package as a whole, and so every image of it.
    so : the sentence after the tombstone's.
    """
    for withdrawal in house.catalogue.withdrawals(package_id=package_id):
        if withdrawal.image_id is None or image_id in (None, withdrawal.image_id):
            raise Withdrawn(f"{told(withdrawal)} {so}", hint=undo_hint(withdrawal))


def tombstones(house: House, image_ids: Iterable[str]) -> dict[str, Withdrawal]:
    """What stands for each of those images that is not to be given out, alone or with its package."""
    wanted = list(image_ids)
    standing = {
        package_id: {each.image_id: each for each in house.catalogue.withdrawals(package_id=package_id)}
        for package_id in dict.fromkeys(map(package_of_image, wanted))
    }
    found = {}
    for image_id in wanted:
        stones = standing[package_of_image(image_id)]
        if stone := stones.get(None, stones.get(image_id)):
            found[image_id] = stone
    return found


def told(withdrawal: Withdrawal) -> str:
    """A tombstone as a sentence."""
    when = short(withdrawal.at)
    reason = withdrawal.reason if withdrawal.reason.endswith((".", "!", "?")) else f"{withdrawal.reason}."
    return f"{withdrawal.subject} was withdrawn on {when} by {withdrawal.by}: {reason}"


def undo_hint(withdrawal: Withdrawal) -> str:
    """The command that gives it out again."""
    return f"holdfast withdraw --undo {withdrawal.subject} --reason TEXT"


def _checked(what: str, text: str) -> str:
    text = text.strip()
    if not text or not text.isprintable() or len(text) > MOST_CHARACTERS:
        raise BadInput(
            f"A {what} takes 1 to {MOST_CHARACTERS:,} printable characters in one line: it is kept for ever.",
            hint="Say it in a sentence, and where the papers are that tell the rest.",
        )
    return text


def _subjects(house: House, identifiers: Sequence[str]) -> dict[str, str]:
    """The package of each, every one of which is held."""
    return {identifier: _package_of(house, identifier) for identifier in identifiers}


def _package_of(house: House, identifier: str) -> str:
    if "." not in identifier:
        return house.catalogue.package(check_package_id(identifier)).package_id
    package = house.catalogue.package(package_of_image(identifier))
    package_id = package.package_id
    if package.kind is PackageKind.COLLECTION:
        raise BadInput(
            f"{identifier} is an image of a collection, and lasts as long as its original is given out.",
            hint="Withdraw the original, or the collection as a whole: no collection then gives it out.",
        )
    if house.catalogue.images.image(identifier).package_id != package_id:
        raise NotFound(f"{package_id} has no image {identifier}.", hint="holdfast find shows them.")
    return package_id


def _standing(house: House, subjects: Mapping[str, str]) -> dict[str, Withdrawal]:
    """The tombstones that stand now, by their subject."""
    found = {
        withdrawal.subject: withdrawal
        for package_id in dict.fromkeys(subjects.values())
        for withdrawal in house.catalogue.withdrawals(package_id=package_id)
    }
    return {subject: found[subject] for subject in subjects if subject in found}


def _record(
    house: House, event_type: EventType, subjects: Mapping[str, str], *, reason: str, by: str
) -> list[Event]:
    """An event for each of `subjects` (its package by its identifier), all of them or none."""
    run = new_run(house, "withdraw")
    events = []
    for subject, package_id in subjects.items():
        detail = {"reason": reason, "by": by} | ({"image_id": subject} if subject != package_id else {})
        then = _after_what_was_told(house, package_id)
        events.append(new_event(then, event_type, package_id, run=run, detail=detail))
    if events:
        house.ledger.record(Entry(events=events))
    return events


def _after_what_was_told(house: House, package_id: str) -> House:
    """The house at a moment after the last withdrawal or undoing, though a clock may have been set back:
    the last word counts."""
    told_before = house.catalogue.events(package_id=package_id, types=_WORDS, latest=1)
    now = house.clock.now()
    return house.at(FixedClock(max([now, *(event.at + timedelta(microseconds=1) for event in told_before)])))


def _tombstone(event: Event) -> Withdrawal:
    image_id = event.detail.get("image_id")
    return Withdrawal(
        package_id=event.package_id,
        image_id=None if image_id is None else str(image_id),
        at=event.at,
        by=str(event.detail["by"]),
        reason=str(event.detail["reason"]),
    )
