"""Many draws of one scenario, on any scheduler, bit for bit the same.

Work is cut into fixed blocks of 4,096 draws whose random numbers belong to the block, and the
blocks stand in their order; so neither workers, threads nor chunks can change a bit. A
block that was done is kept beside the result until all are, so that a stopped run goes on.
Draws of more than one block lie on disk as they come, and are looked at a part at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capacity.canning import canned
from capacity.checkpoints import Checkpoints
from capacity.cubes import Cubes
from capacity.engine import Block, build_model, simulate
from capacity.fans import Figures, first_figures
from capacity.sampling import BLOCK
from capacity.scenario import Scenario
from capacity.schedulers import Work, run_work
from capacity.versions import versions
from holdings.errors import BadInput

if TYPE_CHECKING:
    import xarray as xr

MAX_DRAWS = 1 << 20
SCRAMBLES = 8
"""How many scramblings of the same points tell the error of randomising."""
Progress = Callable[[int, int], None]
"""Told how many blocks of how many are done."""


def project(
    scenario: Scenario,
    *,
    draws: int = BLOCK,
    seed: int = 0,
    scheduler: str | None = None,
    checkpoints: Path | None = None,
    errors: bool = False,
    progress: Progress = lambda _done, _all: None,
    first: Callable[[list[Figures]], None] = lambda _figures: None,
) -> xr.Dataset:
    """The futures of `scenario`: bytes, money, lines, losses and carbon, for each draw and as quantiles.

    scheduler : None (this process, on threads where there is more than one block), `serial`,
        `threads`, `processes`, `local` or `local:N` (a Dask cluster of N worker processes here,
        started and stopped), `slurm:N`, `kubernetes:N`, or the address of a running Dask
        scheduler such as `tcp://10.0.0.5:8786`.
    checkpoints : a folder for the blocks that are done; one that is there already goes on.
    errors : find out the error of randomising, from 8 scramblings of an eighth of the draws each.
    first : told the figures of each year as soon as they are known, before the rest is worked out.

    Raises BadInput for a number of draws or a scheduler that cannot be; Unavailable where no
    scheduler answers.
    """
    if not 1 <= draws <= MAX_DRAWS or not 0 <= seed < 2**63:
        raise BadInput(
            f"{draws} draws with seed {seed} cannot be made: draws are 1 to {MAX_DRAWS}, a seed is 0 or more."
        )
    work = [Work(seed=seed, block=n, draws=size) for n, size in enumerate(_block_sizes(draws))]
    plan = plan_hash(scenario, seed=seed)
    kept = Checkpoints(checkpoints, plan) if checkpoints else None
    cubes = Cubes(scenario, draws=draws, folder=kept.made() if kept else None)
    run_work(
        lambda: build_model(scenario), work,
        scheduler=scheduler, kept=kept, plan=plan, put=cubes.put, progress=progress,
    )  # fmt: skip
    first(first_figures(cubes, scenario))
    # Half a second to import, and the first figures need none of it.
    from capacity.dataset import make_dataset  # noqa: PLC0415

    found = randomisation_errors(scenario, draws=draws, seed=seed) if errors else {}
    return make_dataset(scenario, cubes, seed=seed, errors=found)


def forget(checkpoints: Path, scenario: Scenario, *, seed: int) -> None:
    """The result is kept: the blocks of this run are not needed any more."""
    Checkpoints(checkpoints, plan_hash(scenario, seed=seed)).clear()


def plan_hash(scenario: Scenario, *, seed: int) -> str:
    """What the draws of a run depend on: equal hashes are equal blocks."""
    told = "\n".join([canned(scenario), str(seed), str(BLOCK), str(sorted(versions().items()))])
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _block_sizes(draws: int) -> list[int]:
    full, rest = divmod(draws, BLOCK)
    return [BLOCK] * full + ([rest] if rest else [])


def randomisation_errors(scenario: Scenario, *, draws: int, seed: int) -> dict[str, float]:
    """Standard errors of headline quantiles as shares of them, from scramblings of the same points.

    Each of the 8 has an eighth of the draws (at most one block), so that the error of all draws
    together is smaller still by about the root of eight, which is divided out.
    """
    model = build_model(scenario)
    each = max(64, min(BLOCK, draws // SCRAMBLES))
    found = [
        _headlines(simulate(model, seed=seed, block=0, draws=each, scramble=1 + n)) for n in range(SCRAMBLES)
    ]
    return {
        name: float(np.std(values, ddof=1) / np.sqrt(SCRAMBLES) / max(abs(np.mean(values)), 1e-300))
        for name, values in ((name, [one[name] for one in found]) for name in found[0])
    }


def _headlines(block: Block) -> dict[str, float]:
    held = block.bytes_held[-1].sum(axis=0, dtype=np.float64)
    spent = block.cost.sum(axis=(0, 1), dtype=np.float64)
    return {
        f"{name} {label}": float(np.quantile(values, quantile))
        for name, values in (("bytes held", held), ("cost", spent))
        for label, quantile in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95))
    }
