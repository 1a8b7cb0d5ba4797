"""The keys of a scenario file, and what may stand behind each: text at the door, numbers with their source.

`capacity.scenario_reading` puts them together; this knows one key at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from capacity.quantities import BYTES, COUNT, FACTOR, RATE, Unit, parse_amount, parse_law
from capacity.scenario import Input
from capacity.sizes import FITS
from holdings.settings.prices import Confidence
from holdings.settings.problems import nearest

MAX_MONTHS = 1200
_YEARS = range(1990, 2201)
"""In which scenarios begin and prices hold."""
_MONTH = re.compile(r"^([0-9]{4})-(0[1-9]|1[0-2])$")
_PROVENANCE = {"value", "source", "date", "confidence"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FromCatalogue:
    """Sizes are to be measured in the house's own index."""

    collection: str | None
    law: str


def _input(unit: Unit) -> PlainValidator:
    return PlainValidator(lambda written: parse_input(written, unit))


def parse_input(written: object, unit: Unit) -> Input:
    """One number as written: bare, or `{ value, source, date, confidence }`. Its name comes later."""
    if isinstance(written, dict) and "value" not in written and written.keys() & _PROVENANCE:
        raise ValueError(f"it tells its {min(written.keys() & _PROVENANCE)}, and lacks the value itself")
    if not (isinstance(written, dict) and "value" in written):
        return Input(name="", law=parse_law(written, unit), written=shown(written), unit=unit.name)
    if strange := sorted(written.keys() - _PROVENANCE):
        raise ValueError(f"'{strange[0]}' is not known beside value{nearest(strange[0], _PROVENANCE)}")
    confidence = written.get("confidence", "assumed")
    if confidence not in get_args(Confidence):
        raise ValueError(f"confidence is one of {', '.join(get_args(Confidence))}, not {confidence!r}")
    source, on = written.get("source"), written.get("date")
    if confidence != "assumed" and not (isinstance(source, str) and isinstance(on, date)):
        raise ValueError(f"what is {confidence} has a source and a date")
    if not isinstance(source, str | None) or not isinstance(on, date | None):
        raise ValueError("source is text and date is a date such as 2026-02-01")
    law = parse_law(written["value"], unit)
    return Input(
        name="", law=law, written=shown(written["value"]), unit=unit.name,
        source=source, dated=on, confidence=confidence,
    )  # fmt: skip


def shown(written: object) -> str:
    """An amount for people, as it was written."""
    if isinstance(written, dict):
        return ", ".join(f"{name} {value}" for name, value in written.items())
    return str(written)


def _sizes(written: object) -> Input | FromCatalogue:
    if not (isinstance(written, dict) and "from" in written):
        return parse_input(written, BYTES)
    if strange := sorted(written.keys() - {"from", "collection", "law"}):
        near = nearest(strange[0], ["collection", "law"])
        raise ValueError(f"'{strange[0]}' is not known beside from{near}")
    collection, law = written.get("collection"), written.get("law", "lognormal")
    if written["from"] != "catalogue" or law not in FITS or not isinstance(collection, str | None):
        raise ValueError(
            'it reads { from = "catalogue", collection = "…", law = "lognormal" or "empirical" }'
        )
    return FromCatalogue(collection=collection, law=law)


def _bytes(written: object) -> float:
    amount = parse_amount(written, BYTES)
    if amount < 1:
        raise ValueError("it is at least one byte")
    return amount


def _month(written: object) -> date:
    match = _MONTH.match(written) if isinstance(written, str) else None
    if not match:
        raise ValueError('a month is written "2027-01"')
    if int(match[1]) not in _YEARS:
        raise ValueError(f"a scenario begins between {_YEARS[0]} and {_YEARS[-1]}")
    return date(int(match[1]), int(match[2]), 1)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TypeTable(_Strict):
    """`[object_types.NAME]`."""

    collection: str | None = None
    objects_per_month: Annotated[Input, _input(COUNT)]
    growth_per_year: Annotated[Input, _input(RATE)] = parse_input(0, RATE)
    images_per_object: Annotated[Input, _input(COUNT)] = parse_input(1, COUNT)
    image_bytes: Annotated[Input | FromCatalogue, PlainValidator(_sizes)]
    image_bytes_doubt: Annotated[Input | None, _input(FACTOR)] = None
    packaging_overhead: Annotated[Input, _input(FACTOR)] = parse_input(0, FACTOR)
    bag_bytes: Annotated[float, PlainValidator(_bytes)] = 1e9


class StoreTable(_Strict):
    """`[stores.NAME]`."""

    tier: str
    domain: str
    price_sheet: str
    price_drift_per_year: Annotated[Input | None, _input(RATE)] = None


class ScenarioFile(_Strict):
    """The whole file."""

    title: str = Field(pattern=r"\S")
    start: Annotated[date, PlainValidator(_month)]
    years: int | None = Field(default=None, ge=1, le=MAX_MONTHS // 12)
    months: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    deposit_day: int = Field(default=15, ge=1, le=28)
    currency: str = Field(pattern="^[A-Z]{3}$")
    price_year: int = Field(ge=_YEARS[0], le=_YEARS[-1])
    price_drift_per_year: Annotated[Input, _input(RATE)] = parse_input(0, RATE)
    policy: str
    object_types: dict[str, TypeTable] = Field(min_length=1)
    stores: dict[str, StoreTable] = {}
    deposit_store: str | None = None
