"""`holdfast capacity`: what the coming decades will need, with the doubt shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.answering import answer, say
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import count, size, table

if TYPE_CHECKING:
    import xarray as xr

    from holdings.house import House

_SHOWN_QUANTILES = (0.05, 0.5, 0.95)


def run(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario, a TOML file.")],
    *,
    target: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="RESULT", help="Keep every draw in this folder, for `holdfast report`."
        ),
    ] = None,
    form: Annotated[
        Literal["zarr", "tiledb"], typer.Option("--format", help="How every draw is kept.")
    ] = "zarr",
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=1, help="Futures to draw.")] = 4096,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Same seed, same answer.")] = 0,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="ADDR", help="serial, threads, processes or a Dask scheduler's address."
        ),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Project a scenario: bytes and money over the years, as quantiles of many draws.

    The same scenario, draws and seed give the same result, bit for bit, on any scheduler.
    A scenario that measures sizes in the catalogue, or names no stores of its own, is read
    together with holdfast.toml; any other needs none.

    \b
    EXAMPLES
      holdfast capacity run scenario.toml -o projection.zarr
      holdfast capacity run scenario.toml --draws 65536 --seed 7 --json
    """
    from capacity.ensemble import project
    from capacity.results import save_result
    from capacity.scenario_reading import read_scenario

    with _house_if_any(settings) as house:
        read = read_scenario(scenario, house=house)
    result = project(read, draws=draws, seed=seed, scheduler=scheduler)
    if target is not None:
        save_result(result, target if "://" in target else Path(target), form=form)
        say(f"Every draw is in {target}; holdfast report {target} shows it.")
    years = list(_years(result))
    answer(_document(result, years), _lines(result, years), as_json=as_json)
    return DONE


@contextmanager
def _house_if_any(settings: Path | None) -> Iterator[House | None]:
    from holdings.errors import BadInput
    from holdings.settings.reading import find_settings

    try:
        found = find_settings(settings)
    except BadInput:
        yield None
        return
    with open_here(found) as house:
        yield house


def _years(result: xr.Dataset) -> Iterator[dict[str, object]]:
    """The state at the end of each year, and of the last month."""
    months = result.sizes["month"]
    shown = result.sel(quantile=list(_SHOWN_QUANTILES))
    for index in sorted({*range(11, months, 12), months - 1}):
        at = shown.isel(month=index)
        yield {
            "month": str(at["month"].dt.strftime("%Y-%m").item()),
            "bytes_held": _quantiles(at["bytes_held_total_fan"]),
            "bytes_held_by_store": {
                str(store): _quantiles(at["bytes_held_fan"].sel(store=store)) for store in at["store"].values
            },
            "cost_since_start": _quantiles(at["cost_spent_fan"]),
        }


def _quantiles(fan: xr.DataArray) -> dict[str, float]:
    return {f"p{quantile * 100:02.0f}": float(fan.sel(quantile=quantile)) for quantile in _SHOWN_QUANTILES}


def _document(result: xr.Dataset, years: list[dict[str, object]]) -> dict[str, object]:
    told = ("title", "scenario", "currency", "price_year", "draws", "seed", "draws_sha256")
    return {**{name: result.attrs[name] for name in told}, "years": years}


def _lines(result: xr.Dataset, years: list[dict[str, object]]) -> Iterator[str]:
    about = result.attrs
    yield f"{about['title']}: {count(about['draws'], 'draw')}, seed {about['seed']}."
    head = ("end of", "held p05", "p50", "p95", f"spent ({about['currency']}) p05", "p50", "p95")
    yield from table([head, *map(_row, years)])


def _row(year: dict[str, object]) -> tuple[str, ...]:
    held, spent = year["bytes_held"], year["cost_since_start"]
    assert isinstance(held, dict)
    assert isinstance(spent, dict)
    return (
        str(year["month"]),
        *(size(value) for value in held.values()),
        *(f"{value:,.2f}" for value in spent.values()),
    )
