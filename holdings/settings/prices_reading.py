"""Reading a price sheet: strict, every figure with its source and date, no binary fractions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, create_model

from holdings.errors import BadInput
from holdings.settings.door import Door, Text
from holdings.settings.model import Settings, StoreSettings
from holdings.settings.prices import Confidence, Figure, FigureName, PriceSheet
from holdings.settings.problems import Problem, parse_toml, problems_of


def _exact(value: object) -> Decimal:
    """The number itself: TOML's own figures arrive as Decimal, so 0.0021 is never 0.00209999…"""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError("a figure is a number, or a number as text")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError("a figure is a number, or a number as text") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError("a figure is finite and not negative")
    return amount


def _day(value: object) -> object:
    """TOML's own date, or the same as text."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("a date is written 2026-02-01") from None


class FigureTable(Door):
    """One figure."""

    value: Annotated[Decimal, BeforeValidator(_exact)]
    source: Text
    date: Annotated[date, BeforeValidator(_day)]
    confidence: Confidence


class _Heading(Door):
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    title: Text
    storage_per_gb_month: FigureTable


_OPTIONAL: dict[str, Any] = {
    name: (FigureTable | None, None) for name in get_args(FigureName) if name not in _Heading.model_fields
}
SheetFile: type[BaseModel] = create_model("SheetFile", __base__=_Heading, **_OPTIONAL)
"""The whole of a price sheet: a table per name of `FigureName`."""


def read_price_sheet(path: Path, *, name: str | None = None) -> PriceSheet:
    """The price sheet in the file `path`.

    name : what stores call it; None takes the file's own name without its ending.

    Raises BadInput naming every error with its line and key.
    """
    parsed = parse_toml(path, parse_float=Decimal)
    problems: list[Problem] = []
    try:
        file = SheetFile.model_validate(parsed.data)
    except ValidationError as error:
        problems = problems_of(error, SheetFile)
    parsed.refuse(problems)
    return PriceSheet(
        name=name or path.stem,
        title=parsed.data["title"],
        currency=parsed.data["currency"],
        figures=dict(_figures(file)),
    )


def hours_to_wake(settings: Settings, store: StoreSettings) -> float | None:
    """What the price sheet of `store` says, 0 where nothing sleeps there; None where it cannot be read."""
    if (path := settings.price_sheets.get(store.price_sheet)) is None:
        return None
    try:
        return read_price_sheet(path).amount("restore_hours")
    except BadInput:
        return None  # whoever needs prices will tell of it


def _figures(file: BaseModel) -> Iterator[tuple[FigureName, Figure]]:
    for name in get_args(FigureName):
        table: FigureTable | None = getattr(file, name)
        if table is not None:
            yield name, Figure(**table.model_dump())
