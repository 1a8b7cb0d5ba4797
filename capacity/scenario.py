"""What a scenario is, past the door: frozen values, sizes in bytes, months counted from the start.

`capacity.scenario_reading` makes one from a TOML file; `capacity.ensemble` projects it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from capacity.laws import Law
from holdings.settings.prices import Confidence, PriceSheet

if TYPE_CHECKING:
    from tiering.policy import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One number that the answer depends on, and where it comes from."""

    name: str
    """The key in the scenario, dotted; it names the input's own dimension of chance."""
    law: Law
    written: str
    """As the scenario has it, for people."""
    unit: str
    source: str | None = None
    """None: nobody said where the number comes from; the report says so."""
    dated: date | None = None
    confidence: Confidence = "assumed"


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectType:
    """One kind of specimen that will be digitised."""

    name: str
    collection: str
    """What the policy sees as the collection of its bags."""
    objects_per_month: Input
    growth_per_year: Input
    images_per_object: Input
    image_bytes: Input
    """How single images differ from one another."""
    image_bytes_doubt: Input
    """A factor on all of them: what is not known of their mean."""
    packaging_overhead: Input
    """Bytes that a bag adds, as a share of its images."""
    bag_bytes: float
    """How large a bag becomes before the next one is begun."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Everything that a person stated of this type."""
        return (
            self.objects_per_month,
            self.growth_per_year,
            self.images_per_object,
            self.image_bytes,
            self.image_bytes_doubt,
            self.packaging_overhead,
        )

    @property
    def is_exact(self) -> bool:
        """All of its numbers are plain: it is taken at its word, and single objects add no noise."""
        return all(item.law.is_point for item in self.inputs)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStore:
    """One store that the scenario fills."""

    name: str
    tier: str
    domain: str
    sheet: PriceSheet
    sheet_text: str
    """The price sheet itself, so that a result can be run again."""
    price_drift_per_year: Input


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Everything that one projection needs; nothing is looked up later."""

    path: Path
    text: str
    """The file as it was read."""
    title: str
    start: date
    """First day of the first month."""
    months: int
    deposit_day: int
    """The day of the month at which the policy begins to count the age of a bag."""
    currency: str
    price_year: int
    """Price sheets hold as of January of this year; drift counts from there."""
    policy: Policy
    policy_text: str
    object_types: tuple[ObjectType, ...]
    stores: tuple[PlannedStore, ...]
    """In the operator's order of preference."""
    deposit_store: str
    """The store that new bags are written to."""
    catalogue_id: str | None
    """The catalogue that sizes were measured in; None where none was asked."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Every number in the order of the file; one that stores share is there once."""
        return tuple({item.name: item for item in self._stated()}.values())

    def _stated(self) -> Iterator[Input]:
        for kind in self.object_types:
            yield from kind.inputs
        for store in self.stores:
            yield store.price_drift_per_year
