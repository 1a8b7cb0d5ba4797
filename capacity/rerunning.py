"""A result made again from what lies inside it, and whether it is the same to the bit."""

from __future__ import annotations

import json
from dataclasses import dataclass

import xarray as xr

from capacity.canning import opened
from capacity.ensemble import project
from capacity.versions import versions


@dataclass(frozen=True, kw_only=True, slots=True)
class Rerun:
    """What came of it."""

    same: bool
    before: str
    """The hash of every draw, as it was kept."""
    now: str
    other_versions: tuple[str, ...]
    """Libraries that are others than those it was made with, each as "numpy 2.3 then, 2.4 now"."""
    result: xr.Dataset


def rerun(result: xr.Dataset, *, scheduler: str | None = None) -> Rerun:
    """Run again what `result` holds: scenario, policy, price sheets, draws and seed."""
    about = result.attrs
    made = project(
        opened(about["model"]), draws=int(about["draws"]), seed=int(about["seed"]), scheduler=scheduler
    )
    then, now = json.loads(about["versions"]), versions()
    return Rerun(
        same=made.attrs["draws_sha256"] == about["draws_sha256"],
        before=about["draws_sha256"],
        now=made.attrs["draws_sha256"],
        other_versions=tuple(
            f"{name} {then.get(name, 'not known')} then, {now[name]} now"
            for name in now
            if then.get(name) != now[name]
        ),
        result=made,
    )
