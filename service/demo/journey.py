"""Settings, deposit, plan, apply, verify, projection, report: one folder, one way through.

Each step is safe to run again, so a journey that was killed goes on, and one that was finished
finds everything done. It works only in a folder of its own: made-up specimens have no place
among real holdings.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from archive.deposit import deposit
from archive.verifying import verify
from holdings.errors import BadInput
from holdings.observing import Observer
from holdings.opening import open_house
from holdings.settings import read_settings
from holdings.settings.template import write_template
from service.demo.specimens import draw_specimens
from service.wording import count, size
from tiering.applying import apply_plan
from tiering.plan import plan_to_json
from tiering.planning import make_plan
from tiering.policy import read_policy

if TYPE_CHECKING:
    from holdings.house import House

COLLECTION = "demo-made-up"
SPECIMENS = 12
SEED = 2026
DRAWS = 4096
DAYS_AHEAD = 400
MARKER = "MADE-UP.txt"
_MARKER_TEXT = (
    "Everything in this folder was drawn and computed by `holdfast demo`: no specimen here exists.\n"
    "The folder may be deleted.\n"
)

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Where everything lies in the end."""

    folder: Path
    settings: Path
    specimens: Path
    plan: Path
    projection: Path
    report: Path
    images: int
    good: bool
    """Every copy was read again and matched."""


def travel(folder: Path, *, tell: Tell, observer: Observer, agent: str) -> Made:
    """Make the whole journey in `folder`, telling of each step before it is done.

    Raises BadInput where `folder` holds something that no demo made.
    """
    settings = prepare(folder, tell)
    specimens = draw(folder, tell)
    with open_house(read_settings(settings), observer=observer, agent=agent) as house:
        images = deposit_specimens(house, specimens, tell)
        plan = tier(house, folder / "plan.json", tell)
        good = verify_all(house, tell)
        projection = project(house, folder, tell)
        report = write_page(house, projection, folder / "report.html", tell)
    return Made(
        folder=folder,
        settings=settings,
        specimens=specimens,
        plan=plan,
        projection=projection,
        report=report,
        images=images,
        good=good,
    )


def prepare(folder: Path, tell: Tell) -> Path:
    """Settings for two local folders as stores and a DuckDB file."""
    settings, marker = folder / "holdfast.toml", folder / MARKER
    if folder.exists() and not marker.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(
            f"{folder} holds something that no demo made, and made-up specimens do not belong there.",
            hint="holdfast demo DIR, with a folder that is new or empty.",
        )
    tell(f"Settings: {settings}, two local folders as hot and cold stores, a DuckDB file as catalogue.")
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(_MARKER_TEXT, encoding="utf-8")
    if not settings.exists():
        write_template(folder)
    return settings


def draw(folder: Path, tell: Tell) -> Path:
    """The source of the deposit; a half-drawn one is drawn again."""
    specimens, draft = folder / "specimens", folder / "specimens.part"
    tell(f"Specimens: {SPECIMENS} are drawn into {specimens}. They are made up; no such specimen exists.")
    if not specimens.exists():
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        draw_specimens(draft, count=SPECIMENS, seed=SEED)
        draft.rename(specimens)
    return specimens


def deposit_specimens(house: House, specimens: Path, tell: Tell) -> int:
    """One bag in the hot store, read back."""
    tell(f"Deposit: {specimens} is bagged, streamed to the hot store, read back and verified.")
    receipt = deposit(house, specimens, collection=COLLECTION)
    held = "was already held" if receipt.already_held else "is held"
    tell(
        f"  {receipt.package_id} {held}: {count(len(receipt.images), 'image')}, "
        f"{size(receipt.size_bytes)}, {receipt.seconds:.1f} s."
    )
    return len(receipt.images)


def tier(house: House, target: Path, tell: Tell) -> Path:
    """What the policy asks for in `DAYS_AHEAD` days, made so today."""
    tell(f"Tiering: what the policy will ask for in {DAYS_AHEAD} days is planned, then applied.")
    policy = read_policy(house.settings.policy)
    plan = make_plan(house, policy, at=house.clock.now() + timedelta(days=DAYS_AHEAD))
    _replace(target, plan_to_json(plan))
    applied = apply_plan(house, plan, policy)
    if applied.failed:
        raise BadInput(f"The demo could not be tiered: {applied.failed[0].reason}.")
    done = count(len(applied.done), "copy", "copies")
    tell(
        f"  {done} made ({size(applied.size_bytes)}), each read back and verified."
        if applied.done
        else "  Nothing left to do: it was tiered before."
    )
    return target


def verify_all(house: House, tell: Tell) -> bool:
    """Every copy in every store is read again."""
    tell("Verify: every copy in every store is read again.")
    found = verify(house)
    tell(
        f"  {count(len(found.copies), 'copy', 'copies')}: {'all good' if found.is_good else 'NOT all good'}."
    )
    return found.is_good


def project(house: House, folder: Path, tell: Tell) -> Path:
    """The coming decades, with sizes measured in the catalogue of this very demo."""
    from capacity.ensemble import project as project_scenario
    from capacity.results import save_result
    from capacity.scenario_reading import read_scenario

    scenario, target = folder / "demo-scenario.toml", folder / "projection.zarr"
    tell(f"Projection: {DRAWS:,} futures of {scenario}, image sizes measured in the catalogue.")
    _replace(scenario, files("service.demo").joinpath("scenario.toml").read_text(encoding="utf-8"))
    result = project_scenario(read_scenario(scenario, house=house), draws=DRAWS, seed=SEED)
    try:
        save_result(result, target)
    except BadInput:
        # Of an earlier demo with other sizes or an older Holdfast: it is a derivative, made again here.
        shutil.rmtree(target)
        save_result(result, target)
    return target


def write_page(house: House, projection: Path, target: Path, tell: Tell) -> Path:
    """One HTML page with everything above."""
    from capacity.results import open_result
    from reports.projection.gathering import gather_capacity
    from reports.projection.view import view_capacity
    from reports.writing import write_report

    tell(f"Report: {target}.")
    return write_report(view_capacity(gather_capacity([open_result(projection)], house)), target)


def _replace(target: Path, text: str) -> None:
    draft = target.with_name(f".{target.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)
