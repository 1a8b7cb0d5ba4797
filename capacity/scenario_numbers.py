"""The numbers that hold for a whole scenario: table, key, unit, and what is taken where nobody says.

They are data: a key that is added here can be written in a scenario, is checked at the door,
has its own dimension of chance, and stands in the report.
"""

from __future__ import annotations

from dataclasses import dataclass

from capacity.quantities import COUNT, FACTOR, FLOW, RATE, Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """One key of a scenario."""

    table: str
    """Empty at the top of the file."""
    key: str
    unit: Unit
    usual: object
    meaning: str

    @property
    def name(self) -> str:
        """Dotted."""
        return f"{self.table}.{self.key}" if self.table else self.key


def _number(table: str, key: str, unit: Unit, usual: object, meaning: str) -> Number:
    return Number(table=table, key=key, unit=unit, usual=usual, meaning=meaning)


NUMBERS: tuple[Number, ...] = (
    _number("", "discount_rate", RATE, 0, "what money later is worth less, per year"),
    _number("", "inflation_per_year", RATE, 0, "takes nominal money to that of the price year"),
    _number("", "price_noise_per_year", FACTOR, 0, "standard deviation of a year's own drift of prices"),
    _number("", "price_persistence", FACTOR, 0, "share of a year's noise that the next year keeps"),
    _number("price_shock", "per_year", COUNT, 0, "sudden rises of media prices, per year"),
    _number("price_shock", "size", FACTOR, 0, "of each, as a share of the price"),
    _number("price_shock", "decay_years", COUNT, 2.5, "until a rise has fallen to 37 %"),
    _number("access", "reads_per_year", FACTOR, 0, "share of the bytes in the deposit store read each year"),
    _number("access", "harvests_per_year", COUNT, 0, "whole harvests of the deposit store"),
    _number("access", "harvest_share", FACTOR, 1, "of its bytes that one harvest reads"),
    _number("durability", "copy_loss_per_year", FACTOR, 0, "probability that a copy is silently damaged"),
    _number("durability", "site_shock_per_year", FACTOR, 0, "probability that a domain loses every copy"),
    _number("network", "day_spread", FACTOR, 0, "standard deviation of the logarithm of a day's bytes"),
    _number("network", "outage_days", COUNT, 0, "longest outage that has to be caught up with"),
    _number("network", "catch_up_days", COUNT, 7, "in which it is caught up with"),
    _number("audit", "drive_read", FLOW, "250 MB/s", "what one drive reads"),
    _number("audit", "hash", FLOW, "1.9 GB/s", "what one core hashes with SHA-256"),
    _number("staff", "fte", COUNT, 0, "people, whatever is held"),
    _number("staff", "fte_per_pb", COUNT, 0, "people for each PB held"),
    _number("staff", "cost_per_year", COUNT, 0, "of one, in the price year"),
    _number("staff", "raise_per_year", RATE, 0, "of their cost"),
    _number("energy", "price_per_kwh", COUNT, 0, "paid for stores with media of their own"),
    _number("energy", "pue", COUNT, 1.3, "power of the building for one of the machines"),
    _number("energy", "grid_g_per_kwh", COUNT, 0, "CO2e of the grid in the first year"),
    _number("energy", "grid_change_per_year", RATE, 0, "of it"),
)
