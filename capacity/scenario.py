"""What a scenario is, past the door: frozen values, sizes in bytes, months counted from the start.

`capacity.scenario_reading` makes one from a TOML file; `capacity.ensemble` projects it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from capacity.economics import Discount
from capacity.laws import Law
from holdings.settings.prices import Confidence, PriceSheet

if TYPE_CHECKING:
    from tiering.policy import Policy


UNWRITTEN = ""
"""What `Input.written` holds where nobody wrote the number."""


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
    size_growth_per_year: Input
    """Of the bytes of one image, from the start."""
    format_ratios: tuple[Input, ...]
    """For each format that is kept of an image: its bytes as a share of `image_bytes`."""
    derivatives: tuple[Input, ...]
    """Bytes of each derivative of an image, kept as packages of the kind `collection`."""
    objects_at_most: Input
    """How many there are to digitise; zero means no end."""

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
            self.size_growth_per_year,
            *self.format_ratios,
            *self.derivatives,
            self.objects_at_most,
        )

    @property
    def mean_image_bytes(self) -> float:
        """Of a master as it is kept, in expectation."""
        kept = sum(ratio.law.moment(1) for ratio in self.format_ratios)
        return self.image_bytes.law.moment(1) * self.image_bytes_doubt.law.moment(1) * kept

    @property
    def is_exact(self) -> bool:
        """All of its numbers are plain: it is taken at its word, and single objects add no noise."""
        return all(item.law.is_point for item in self.inputs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One kind of station at which objects are digitised."""

    name: str
    object_type: str
    objects_per_day: Input
    working_days_per_year: Input
    uptime: Input
    """Share of the working days on which it runs."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Everything that a person stated of it."""
        return self.objects_per_day, self.working_days_per_year, self.uptime


@dataclass(frozen=True, kw_only=True, slots=True)
class Ramp:
    """How an institution gets going: logistic, from `start_share` of its lines to all of them."""

    start_share: Input
    midpoint_years: Input
    """After its start, when half of the rise is done."""
    width_years: Input
    """A logistic scale: from 12 % to 88 % of the rise takes four of them."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Everything that a person stated of it."""
        return self.start_share, self.midpoint_years, self.width_years


@dataclass(frozen=True, kw_only=True, slots=True)
class Institution:
    """An institution, or several that are alike."""

    name: str
    count: int
    first_month: int
    """Of the scenario in which it begins."""
    lines: tuple[tuple[str, Input], ...]
    """Stations of each kind when all are running, at one such institution."""
    ramp: Ramp | None
    year_spread: float
    """Standard deviation of the logarithm of a year's factor, drawn for each institution and year."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """What is bought, and bought again, to hold what a store holds."""

    price_per_tb: Input
    headroom: Input
    """Bought beyond what is needed, as a share of it."""
    life_years: int
    lead_months: int
    """From the order to the day on which it holds anything."""
    installed_tb: float
    """There at the start; it wears out evenly over the first life."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Correlation:
    """How two inputs move together."""

    first: str
    second: str
    rho: float


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
    exchange_rate: Input
    """Money of the scenario for one of the sheet's."""
    copy_loss_per_year: Input
    """Probability that a copy is damaged within a year and nobody knows."""
    shock_share: Input
    """How much of a price shock reaches its prices: 0 is none, 1 all."""
    audit_every_months: float
    """A copy is read whole once in so many months; 0 means never."""
    gbit_per_s: float
    """Of the line to it; 0 where nobody said."""
    capacity_tb: float
    """What it holds at most; 0 where nobody said."""
    media: Media | None
    """None where it is rented: its price sheet is all it costs."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Everything that a person stated of it."""
        media = (self.media.price_per_tb, self.media.headroom) if self.media else ()
        return (
            self.price_drift_per_year, self.exchange_rate, self.copy_loss_per_year, self.shock_share, *media,
        )  # fmt: skip


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
    lines: tuple[Line, ...]
    institutions: tuple[Institution, ...]
    numbers: Mapping[str, Input]
    """What holds for all of it, by the names of `capacity.scenario_numbers`."""
    discount: Discount
    budget_per_year: float
    """Nominal money; 0 where nobody said."""
    correlations: tuple[Correlation, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Every number that somebody wrote, in the order of the file; one that is shared is there once."""
        every = {item.name: item for item in self.every_input()}
        return tuple(item for item in every.values() if item.written != UNWRITTEN)

    def every_input(self) -> Iterator[Input]:
        """Those that nobody wrote and that are taken as they usually are, too."""
        for kind in self.object_types:
            yield from kind.inputs
        for line in self.lines:
            yield from line.inputs
        for institution in self.institutions:
            yield from (count for _, count in institution.lines)
            if institution.ramp:
                yield from institution.ramp.inputs
        for store in self.stores:
            yield from store.inputs
        yield from self.numbers.values()
