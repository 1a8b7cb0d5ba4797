"""One HTML file that opens anywhere, offline, for ever: what is held, and what will be needed.

It asks nothing of any server and holds no script. The same holdings, results and clock give the
same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from capacity.actuals import actuals
from capacity.results import open_result
from holdings.errors import BadInput, Unavailable
from holdings.house import House
from holdings.records import short
from reports.figures import Picture, store_bars
from reports.holdings_view import HoldingsView, view_holdings
from reports.numbers import day_of, si_bytes
from reports.projection_view import begins, view_projection
from reports.templating import environment


def write_report(house: House, results: Sequence[Path | str | xr.Dataset], target: Path) -> Path:
    """Write the page about the holdings and these results to `target`, whole or not at all.

    results : where `capacity.results.save_result` kept them, or opened already.

    Raises NotFound or Corrupt for a result that is none, BadInput where `target` is a folder.
    """
    page = render_report(
        house, [each if isinstance(each, xr.Dataset) else open_result(each) for each in results]
    )
    if target.is_dir():
        raise BadInput(f"{target} is a folder; a report is one file.", hint=f"Name {target / 'report.html'}.")
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(page, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        raise Unavailable(f"The report {target} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
    return target


def render_report(house: House, results: Sequence[xr.Dataset]) -> str:
    """The page itself."""
    held = view_holdings(house)
    now = house.clock.now()
    return (
        environment()
        .get_template("page.html")
        .render(
            made_on=day_of(now),
            made_at=short(now),
            agent=house.agent,
            catalogue_id=house.catalogue.catalogue_id,
            held=held,
            held_picture=_held_picture(held),
            projections=[
                view_projection(ds, actuals(house, made_since=begins(ds)), anchor=f"p{n}")
                for n, ds in enumerate(results, start=1)
            ],
        )
    )


def _held_picture(held: HoldingsView) -> Picture | None:
    if not any(held.store_bytes):
        return None
    told = "; ".join(
        f"{name} {si_bytes(size)}" for name, size in zip(held.store_names, held.store_bytes, strict=True)
    )
    return store_bars(
        name="held",
        title="Verified bytes in each store",
        description=told,
        stores=held.store_names,
        sizes=held.store_bytes,
    )
