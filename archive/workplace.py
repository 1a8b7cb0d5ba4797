"""What another process needs to open a deposit's source and stores for itself, by the settings.

A store that is another place to it than to the head is not used.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.crew import Hands
from archive.sources.opening import Place, open_source
from holdings.house import House
from holdings.observing import Observer, nobody
from holdings.opening import marks_of, stores_elsewhere
from holdings.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Workplace:
    """Where to work; it can be sent."""

    settings: Settings
    place: Place
    marks: Mapping[str, str | None]
    """By store the catalogue that it belongs to; None where it does not say so."""


def workplace_of(house: House, place: Place) -> Workplace:
    """The place of a deposit, as its head knows it. Every store is asked whose it is."""
    return Workplace(settings=house.settings, place=place, marks=marks_of(house))


@contextmanager
def hands_at(workplace: Workplace, observer: Observer = nobody) -> Iterator[Hands]:
    """Elsewhere: source and stores, opened."""
    settings = workplace.settings
    with ExitStack() as stack:
        stores = stack.enter_context(stores_elsewhere(settings, workplace.marks))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source, _ = stack.enter_context(open_source(workplace.place, stores, scratch=scratch))
        yield Hands(
            source=source,
            target=stores[settings.bags.store],
            threads=settings.limits.threads,
            observer=observer,
        )
