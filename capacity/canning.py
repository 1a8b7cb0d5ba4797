"""A scenario as text that holds all of it, and back: what a result keeps so that it can be run again.

Only the classes named here are ever made from it, so that a result from elsewhere can bring
numbers and rules, and no code; its rules are checked again where they are used.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from capacity import laws
from capacity import scenario as told
from holdings.errors import Corrupt
from holdings.settings.prices import Figure, PriceSheet
from tiering.policy import Guards, Policy, RemovalCeilings, Rule, RunCeilings

_CLASSES: dict[str, Any] = {
    each.__name__: each
    for each in (
        *(laws.Point, laws.Lognormal, laws.Normal, laws.Triangular, laws.Empirical, laws.Scaled),
        *(told.Input, told.ObjectType, told.Line, told.Ramp, told.Institution, told.Media),
        *(told.Correlation, told.PlannedStore, told.Scenario),
        *(Figure, PriceSheet, Guards, RemovalCeilings, RunCeilings, Policy, Rule),
    )
}
_CLASS, _DATE, _DECIMAL, _TUPLE = "class", "date", "decimal", "tuple"


def canned(scenario: told.Scenario) -> str:
    """The whole scenario as JSON; equal scenarios give equal text. Its path is kept as a name only."""
    return json.dumps(_plain(scenario), ensure_ascii=False, sort_keys=True)


def opened(text: str) -> told.Scenario:
    """The scenario that `canned` wrote. Raises Corrupt where it is anything else."""
    try:
        found = _made(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt("The scenario inside this result cannot be read.", detail=str(error)) from None
    if not isinstance(found, told.Scenario):
        raise Corrupt("What this result has in place of a scenario is none.")
    return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {_CLASS: type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {"map": [[_plain(key), _plain(each)] for key, each in value.items()]}
    if isinstance(value, tuple | list):
        return {_TUPLE: [_plain(each) for each in value]}
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    return value.name if isinstance(value, Path) else value


def _made(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if _CLASS in value:
        fields = {name: _made(each) for name, each in value.items() if name != _CLASS}
        if value[_CLASS] == "Scenario":
            fields["path"] = Path(fields["path"])
        return _CLASSES[value[_CLASS]](**fields)
    if "map" in value:
        return {_made(key): _made(each) for key, each in value["map"]}
    if _TUPLE in value:
        return tuple(_made(each) for each in value[_TUPLE])
    return date.fromisoformat(value[_DATE]) if _DATE in value else Decimal(value[_DECIMAL])
