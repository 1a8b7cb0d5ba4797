"""Where a projection's numbers come from, as a page needs it: inputs, versions, hash, texts."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import xarray as xr

from reports.numbers import count, joined, month, plural
from reports.tables import Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """A text that made the result, whole."""

    title: str
    text: str


def command(ds: xr.Dataset) -> str:
    """What to type to make the run again."""
    attrs = ds.attrs
    return f"holdfast capacity run {attrs['scenario']} --draws {attrs['draws']} --seed {attrs['seed']}"


def assumptions(inputs: list[dict[str, str | None]]) -> Table:
    """Every input with its source, date and confidence."""
    return Table(
        caption="What the answer hangs on, and who vouches for it. The whole files are further below.",
        headings=("input", "value", "unit", "source", "date", "confidence"),
        rows=tuple(
            (
                _named(str(item["name"])),
                str(item["written"]),
                str(item["unit"] or ""),
                item["source"] or "none given: an assumption",
                item["date"] or "",
                str(item["confidence"]),
            )
            for item in inputs
        ),
        words=(0, 1, 2, 3, 4, 5),
    )


def vouching(inputs: list[dict[str, str | None]]) -> str:
    """How many of the numbers somebody vouches for, and how well."""
    states = Counter("bare" if item["source"] is None else str(item["confidence"]) for item in inputs)
    told = [
        (states["measured"] + states["published"], "measured or published"),
        (states["secondary"], "quoted at second hand"),
        (states["assumed"], "estimated, with the reason"),
        (states["bare"], "without a source"),
    ]
    return f"Of {plural(len(inputs), 'number')}: {', '.join(f'{count(n)} {what}' for n, what in told)}."


def _named(key: str) -> str:
    """`object_types.sheet.images_per_object` as people say it."""
    *owner, what = key.split(".")
    return f"{what.replace('_', ' ')}{f', {owner[-1]}' if owner else ''}"


def provenance(ds: xr.Dataset) -> Iterator[tuple[str, str]]:
    """What made the run, as names and values."""
    attrs = ds.attrs
    yield "scenario", attrs["scenario"]
    yield "draws and seed", f"{plural(int(attrs['draws']), 'draw')}, seed {attrs['seed']}"
    yield "months", f"{count(ds.sizes['month'])} from {month(ds['month'].values[0])}"
    yield "hash of all draws", attrs["draws_sha256"]
    yield "sizes measured in", attrs["catalogue_id"] or "no catalogue: all sizes are written in the scenario"
    yield "money", f"nominal {attrs['currency']}, price sheets as of January {attrs['price_year']}"
    yield "made with", ", ".join(f"{name} {told}" for name, told in json.loads(attrs["versions"]).items())


def texts(ds: xr.Dataset) -> Iterator[Folded]:
    """The files that made the run, whole."""
    yield Folded(title=f"The scenario, {ds.attrs['scenario']}", text=ds.attrs["scenario_text"])
    yield Folded(title="The policy", text=ds.attrs["policy_text"])
    stores: dict[str, list[str]] = defaultdict(list)
    for name, text in json.loads(ds.attrs["price_sheets"]).items():
        stores[text].append(name)
    for text, names in stores.items():
        yield Folded(title=f"The price sheet of {joined(names)}", text=text)
