"""`holdfast capacity`: what the coming decades will need, with the doubt shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from service.cli.answering import answer, printable, say
from service.cli.options import AsJson, SettingsFile
from service.cli.session import agent, settings_here
from service.cli.statuses import DONE, NO
from service.wording import count, size, table

if TYPE_CHECKING:
    import xarray as xr

    from capacity.fans import Figures
    from capacity.objects import ObjectRun
    from capacity.scenario import Scenario
    from holdings.catalogue.interface import Catalogue
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
            "--scheduler",
            metavar="ADDR",
            help="serial, threads, processes, local:N, slurm:N, kubernetes:N or a Dask scheduler's address.",
        ),
    ] = None,
    objects: Annotated[
        int | None,
        typer.Option(
            "--objects",
            metavar="N",
            min=2,
            help="Also draw every single object of N futures, and say how far the cohorts are from them.",
        ),
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Also say how exact the quantiles are, from 8 scramblings.")
    ] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Project a scenario: bytes and money over the years, as quantiles of many draws.

    The same scenario, draws and seed give the same result, bit for bit, on any scheduler.
    A scenario that measures sizes in the catalogue, or names no stores of its own, is read
    together with holdfast.toml; any other needs none. Scenarios that come with Holdfast are
    found by their name: europe-dissco, one-herbarium, ct-heavy. A run that was stopped goes
    on where it was, when it is kept with -o in a folder.

    \b
    EXAMPLES
      holdfast capacity run scenario.toml -o projection.zarr
      holdfast capacity run scenarios/europe-dissco.toml --draws 16384 --scheduler local:2
      holdfast capacity run scenario.toml --draws 65536 --seed 7 --json
    """
    from capacity.ensemble import forget, project
    from capacity.places import is_remote, refuse_other_run
    from capacity.scenario_reading import read_scenario

    with house_if_any(settings) as house:
        read = read_scenario(scenario, house=house)
    place = Path(target) if target is not None and not is_remote(target) else None
    blocks = place.with_name(f".{place.name}.blocks") if place else None
    if place:
        about = {"scenario_text": read.text, "policy_text": read.policy_text, "seed": seed, "draws": draws}
        refuse_other_run(place, about)
    if objects:
        _refuse_too_many(read, draws=objects, seed=seed)
    result = project(
        read,
        draws=draws,
        seed=seed,
        scheduler=scheduler,
        checkpoints=blocks,
        errors=errors,
        progress=_progress,
        first=lambda figures: None if as_json else _say_first(read, figures, draws=draws, seed=seed),
    )
    if target is not None:
        from capacity.results import save_result

        save_result(result, place or target, form=form)
        if blocks:
            forget(blocks, read, seed=seed)
        say(f"Every draw is in {target}; holdfast report capacity {target} shows it.")
    one_by_one = _one_by_one(read, draws=objects, seed=seed) if objects else None
    document = {**_document(result), "objects": one_by_one} if as_json else {}
    answer(document, _lines(result, one_by_one), as_json=as_json)
    return DONE


def _refuse_too_many(read: Scenario, *, draws: int, seed: int) -> None:
    from capacity.objects import count_objects

    count_objects(read, draws=draws, seed=seed)


def _one_by_one(read: Scenario, *, draws: int, seed: int) -> ObjectRun:
    from capacity.objects import run_objects

    return run_objects(read, draws=draws, seed=seed)


def _say_first(read: Scenario, figures: list[Figures], *, draws: int, seed: int) -> None:
    """What is known first is said first: the years, before the rest is worked out."""
    print(printable(f"{read.title}: {count(draws, 'draw')}, seed {seed}."))
    head = ("end of", "held p05", "p50", "p95", f"spent ({read.currency}) p05", "p50", "p95")
    for line in table([head, *map(_row, figures)]):
        print(printable(line))
    sys.stdout.flush()


def rerun(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="What capacity run -o kept.")],
    *,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDR", help="As for capacity run.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Make a result again from what lies inside it, and say whether it is the same to the bit.

    \b
    EXAMPLES
      holdfast capacity rerun projection.zarr
    """
    from capacity.rerunning import rerun as again
    from capacity.results import open_result

    found = again(open_result(result), scheduler=scheduler)
    document = {
        "same": found.same, "before": found.before, "now": found.now, "other_versions": found.other_versions
    }  # fmt: skip
    verdict = "the same, to the bit" if found.same else f"other draws: {found.now[:12]}"
    lines = [f"{result} ({found.before[:12]}) was made again: {verdict}."]
    lines += [f"  made with {each}" for each in found.other_versions]
    answer(document, lines, as_json=as_json)
    return DONE if found.same else NO


def _progress(done: int, of: int) -> None:
    if of > 1 and sys.stderr.isatty():
        say(f"{done} of {of} blocks of draws are done.")


@contextmanager
def house_if_any(settings: Path | None) -> Iterator[House | None]:
    """The house of the settings, where there are any: a scenario may do without.

    Its catalogue is opened when a scenario asks it, since a plan is made before there are buckets.
    """
    from holdings.errors import BadInput
    from holdings.house import House
    from holdings.opening import open_house
    from holdings.settings.reading import find_settings

    try:
        found = find_settings(settings)
    except BadInput:
        yield None
        return
    with settings_here(found) as (read, observer), ExitStack() as opened:
        catalogue = _Late(
            lambda: opened.enter_context(open_house(read, observer=observer, agent=agent())).catalogue
        )
        yield House(settings=read, stores={}, catalogue=cast("Catalogue", catalogue), observer=observer)


class _Late:
    """What is not opened before something of it is asked."""

    def __init__(self, opens: Callable[[], object]) -> None:
        self._opens = opens

    @cached_property
    def _opened(self) -> object:
        return self._opens()

    def __getattr__(self, name: str) -> object:
        return getattr(self._opened, name)


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
            **_of_the_year(shown.isel(year=index // 12)),
        }


def _of_the_year(at: xr.Dataset) -> dict[str, object]:
    """What the year needs beside bytes and money, by store."""
    by_store = (
        *("bytes_written", "bytes_audited", "bytes_served", "requests"),
        *("network_mean", "network_peak", "carbon"),
    )
    stores = [str(store) for store in at["store"].values]
    return {
        **{
            name: {store: _quantiles(at[f"{name}_fan"].sel(store=store)) for store in stores}
            for name in by_store
        },
        "cost_of_year": _quantiles(at["cost_year_fan"]),
        "cost_parts": {
            str(part): _quantiles(at["cost_parts_fan"].sel(part=part)) for part in at["part"].values
        },
        "objects_lost": _quantiles(at["objects_lost_fan"]),
        "bytes_lost": _quantiles(at["bytes_lost_fan"]),
        "over_budget": float(at["over_budget"]),
    }


def _quantiles(fan: xr.DataArray) -> dict[str, float]:
    return {f"p{quantile * 100:02.0f}": float(fan.sel(quantile=quantile)) for quantile in _SHOWN_QUANTILES}


def _document(result: xr.Dataset) -> dict[str, object]:
    told = ("title", "scenario", "currency", "price_year", "draws", "seed", "draws_sha256")
    errors = json.loads(result.attrs["randomisation_error"])
    return {
        **{name: result.attrs[name] for name in told},
        "years": list(_years(result)),
        "randomisation_error": errors,
    }


def _lines(result: xr.Dataset, one_by_one: ObjectRun | None) -> Iterator[str]:
    from capacity.sentences import sentences

    about = result.attrs
    yield from sentences(result, size=size)
    if found := json.loads(about["randomisation_error"]):
        told = ", ".join(f"{name} {share:.2%}" for name, share in found.items())
        yield f"Standard error of randomising, from 8 scramblings: {told}."
    if one_by_one:
        yield from _told_one_by_one(one_by_one)


def _told_one_by_one(found: ObjectRun) -> Iterator[str]:
    yield (
        f"{found.objects:,.0f} objects of {count(found.draws, 'future')} were drawn one by one, and packed "
        f"into {count(found.bags, 'bag')}. Against the cohorts (standard error):"
    )
    yield from (f"  {each.what:<24} {each.apart:+.3%} ({each.noise:.3%})" for each in found.compared)
    if found.placed_one_by_one:
        yield "  The policy looks at single sizes, and was asked about each bag."
    yield f"  Of the variance of all bytes, {found.of_variance:.2g} is the chance of single objects."


def _row(figures: Figures) -> tuple[str, ...]:
    return (
        f"{figures.month:%Y-%m}",
        *map(size, figures.bytes_held),
        *(f"{value:,.2f}" for value in figures.cost_since_start),
    )
