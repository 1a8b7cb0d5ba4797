"""The keys of a scenario file, and what may stand behind each: text at the door, numbers with their source.

`capacity.scenario_reading` puts them together; this knows one key at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, create_model

from capacity.economics import Discount
from capacity.quantities import BYTES, COUNT, FACTOR, LINE, PIXELS, RATE, Unit, parse_amount, parse_law
from capacity.scenario import UNWRITTEN, Input
from capacity.scenario_numbers import NUMBERS, Number
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


def usual(amount: object, unit: Unit) -> Input:
    """What is taken where nobody wrote a number."""
    return Input(name="", law=parse_law(amount, unit), written=UNWRITTEN, unit=unit.name)


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


def _several(written: object) -> tuple[str, ...]:
    names = [written] if isinstance(written, str) else written
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("it is a name, or a list of names")
    return tuple(names)


_Names = Annotated[tuple[str, ...] | None, PlainValidator(_several)]
_Count = Annotated[Input, _input(COUNT)]
_Factor = Annotated[Input, _input(FACTOR)]
_Rate = Annotated[Input, _input(RATE)]
_Share = Annotated[float, Field(ge=0, le=10)]


class TypeTable(_Strict):
    """`[object_types.NAME]`."""

    collection: str | None = None
    objects_per_month: _Count = usual(0, COUNT)
    growth_per_year: _Rate = parse_input(0, RATE)
    objects_at_most: _Count = usual(0, COUNT)
    images_per_object: _Count = parse_input(1, COUNT)
    image_bytes: Annotated[Input | FromCatalogue | None, PlainValidator(_sizes)] = None
    pixels: Annotated[Input | None, _input(PIXELS)] = None
    bytes_per_pixel: float = Field(default=3, gt=0, le=64)
    image_bytes_mean: Annotated[Input | None, _input(BYTES)] = None
    image_bytes_doubt: Annotated[Input | None, _input(FACTOR)] = None
    size_growth_per_year: _Rate = usual(0, RATE)
    packaging_overhead: _Factor = parse_input(0, FACTOR)
    bag_bytes: Annotated[float, PlainValidator(_bytes)] = 1e9
    master_format: _Names = None
    derivatives: _Names = None


class FormatTable(_Strict):
    """`[formats.NAME]`."""

    ratio: _Factor


class DerivativeTable(_Strict):
    """`[derivatives.NAME]`."""

    image_bytes: Annotated[Input, _input(BYTES)]
    only_where_named: bool = False
    """Object types that name no derivatives take the others, and not this one."""


class LineTable(_Strict):
    """`[lines.NAME]`."""

    object_type: str
    objects_per_day: _Count
    working_days_per_year: _Count = usual(220, COUNT)
    uptime: _Factor = usual(1, FACTOR)


class RampTable(_Strict):
    """`[institutions.NAME.ramp]`."""

    start_share: _Factor = usual(0, FACTOR)
    midpoint_years: _Count
    width_years: _Count


class InstitutionTable(_Strict):
    """`[institutions.NAME]`."""

    count: int = Field(default=1, ge=1, le=100_000)
    start: Annotated[date | None, PlainValidator(_month)] = None
    lines: dict[str, _Count] = Field(min_length=1)
    ramp: RampTable | None = None
    year_spread: _Share = 0.0


class MediaTable(_Strict):
    """`[stores.NAME.media]`."""

    price_per_tb: _Count
    headroom: _Factor = usual(0, FACTOR)
    life_years: int = Field(ge=1, le=100)
    lead_months: int = Field(default=0, ge=0, le=120)
    installed: Annotated[float, PlainValidator(_bytes)] | None = None


class StoreTable(_Strict):
    """`[stores.NAME]`."""

    tier: str
    domain: str
    price_sheet: str
    price_drift_per_year: Annotated[Input | None, _input(RATE)] = None
    copy_loss_per_year: Annotated[Input | None, _input(FACTOR)] = None
    shock_share: Annotated[Input | None, _input(FACTOR)] = None
    audit_every_months: float | None = Field(default=None, ge=0, le=1200)
    line: Annotated[float | None, PlainValidator(lambda written: parse_amount(written, LINE))] = None
    capacity: Annotated[float, PlainValidator(_bytes)] | None = None
    media: MediaTable | None = None


class CorrelationTable(_Strict):
    """`[[correlations]]`."""

    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    rho: float = Field(ge=-1, le=1)


class ScenarioFile(_Strict):
    """What stands at the top of the file, and tables of more than numbers."""

    title: str = Field(pattern=r"\S")
    start: Annotated[date, PlainValidator(_month)]
    years: int | None = Field(default=None, ge=1, le=MAX_MONTHS // 12)
    months: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    deposit_day: int = Field(default=15, ge=1, le=28)
    currency: str = Field(pattern="^[A-Z]{3}$")
    price_year: int = Field(ge=_YEARS[0], le=_YEARS[-1])
    price_drift_per_year: _Rate = parse_input(0, RATE)
    policy: str
    object_types: dict[str, TypeTable] = Field(min_length=1)
    formats: dict[str, FormatTable] = {}
    master_format: _Names = None
    derivatives: dict[str, DerivativeTable] = {}
    lines: dict[str, LineTable] = {}
    institutions: dict[str, InstitutionTable] = {}
    stores: dict[str, StoreTable] = {}
    deposit_store: str | None = None
    exchange_rates: dict[str, _Factor] = {}
    discount: Discount = "compound"
    budget_per_year: float = Field(default=0, ge=0)
    correlations: list[CorrelationTable] = []


def _field(number: Number) -> tuple[Any, Any]:
    return Annotated[Input, _input(number.unit)], usual(number.usual, number.unit)


def _tables() -> dict[str, Any]:
    """The tables of `NUMBERS`, and those of its keys that stand at the top."""
    fields: dict[str, Any] = {number.key: _field(number) for number in NUMBERS if not number.table}
    for table in {number.table: None for number in NUMBERS if number.table}:
        keys: dict[str, Any] = {number.key: _field(number) for number in NUMBERS if number.table == table}
        model = create_model(f"{table.title()}Table", __base__=_Strict, **keys)
        fields[table] = (model, model())
    return fields


WHOLE_FILE: type[ScenarioFile] = create_model("WholeFile", __base__=ScenarioFile, **_tables())
"""The whole file: what stands above, and the tables of `NUMBERS`."""
