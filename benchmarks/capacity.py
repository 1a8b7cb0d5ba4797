"""Forecasts beside the code that one would write, in one run.

    python -m benchmarks.capacity [--objects 600_000_000] [--draws 131_072] [--rounds 3]

1. Objects one by one (8 types, 20 years, totals and 95th percentiles): Holdfast's kernel as Dask
   tasks on threads; numpy as one would write it; the dask.array idiom; SimPy, on a ten-thousandth of them.
2. The same question by cohorts.
3. Many draws of 20 steps, 8 types, 4 stores and 3 copies, quantiles included: the factored kernel
   against the five-dimensional broadcast (on a part of the draws) and the random numbers alone.
4. The cost of a forecast as objects a year grow from a million to ten billion.

5. The most memory that ours take for 1 and for 3, each in a program of its own, libraries included.

Contenders alternate; medians are printed, in processor and in wall seconds. Take the ratios.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import took
from capacity.cohorts import cohort_bytes
from capacity.fans import quantiles
from capacity.flows import accumulate
from capacity.laws import Floats, Lognormal
from capacity.residency import Steps
from capacity.sampling import BLOCK, generator_of, normals
from capacity.sizes_drawn import Drawn, draw_sizes

dask: Any = importlib.import_module("dask")  # half typed
YEARS, TYPES, STORES = 20, 8, 4
LAWS = [Lognormal.from_log_moments(17.5 + 0.2 * kind, 0.4 + 0.05 * kind) for kind in range(TYPES)]
QUANTILES = (0.05, 0.5, 0.95)
_PER_TASK = 4_000_000
Answer = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """One run of one contender."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Timed:
    """Run `work` once."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timed(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)


# --- objects one by one


def ours(objects: int) -> list[Answer]:
    """Tasks of four million objects, on Dask's threads; the same numbers whoever does them."""
    per_type = objects // TYPES
    tasks = [
        [
            dask.delayed(draw_sizes)(
                law, min(_PER_TASK, per_type - begin), name=str(kind), seed=0, block=number
            )
            for number, begin in enumerate(range(0, per_type, _PER_TASK))
        ]
        for kind, law in enumerate(LAWS)
    ]  # fmt: skip
    found: list[list[Drawn]] = list(dask.compute(*tasks, scheduler="threads"))
    sums = [sum(parts[1:], parts[0]) for parts in found]
    return [(each.total, each.quantile(0.95, law)) for each, law in zip(sums, LAWS, strict=True)]


def plain_numpy(objects: int) -> list[Answer]:
    """A year of a type at a time, sizes into a histogram: what one writes first."""
    chance = np.random.default_rng(0)
    edges = np.geomspace(1e4, 1e11, 2001)
    answers = []
    for law in LAWS:
        total, counts = 0.0, np.zeros(len(edges) - 1)
        for _ in range(YEARS):
            sizes = chance.lognormal(np.log(law.median), law.sigma_above, objects // TYPES // YEARS)
            total += sizes.sum()
            counts += np.histogram(sizes, edges)[0]
        answers.append((float(total), float(edges[np.searchsorted(np.cumsum(counts), 0.95 * counts.sum())])))
    return answers


def dask_array(objects: int) -> list[Answer]:
    """The idiom of dask.array: random numbers in chunks, reduced."""
    da: Any = importlib.import_module("dask.array")

    answers = []
    for law in LAWS:
        sizes = da.random.default_rng(0).lognormal(
            np.log(law.median), law.sigma_above, objects // TYPES, chunks=_PER_TASK
        )
        counts, edges = da.histogram(sizes, bins=np.geomspace(1e4, 1e11, 2001))
        total, counted = dask.compute(sizes.sum(), counts, scheduler="threads")
        answers.append(
            (float(total), float(edges[np.searchsorted(np.cumsum(counted), 0.95 * counted.sum())]))
        )
    return answers


def with_simpy(objects: int) -> list[Answer]:
    """An event for each object, as a simulation is written."""
    simpy: Any = importlib.import_module("simpy")

    chance, answers = np.random.default_rng(0), []

    def arrivals(env: Any, law: Lognormal, sizes: list[float]) -> object:
        for _ in range(objects // TYPES):
            yield env.timeout(1)
            sizes.append(float(chance.lognormal(np.log(law.median), law.sigma_above)))

    for law in LAWS:
        env, sizes = simpy.Environment(), list[float]()
        env.process(arrivals(env, law, sizes))
        env.run()
        answers.append((sum(sizes), float(np.quantile(sizes, 0.95))))
    return answers


def by_cohorts(objects: int) -> list[Answer]:
    """One number for each year and type; the percentile is that of the law."""
    answers = []
    for kind, law in enumerate(LAWS):
        number = np.full((YEARS, 1), objects / TYPES / YEARS)
        score = generator_of(str(kind), seed=0, block=0).standard_normal((YEARS, 1))
        total = cohort_bytes(number * law.moment(1), number * law.moment(2), score).sum()
        answers.append((float(total), float(law.quantile(np.array([0.95]))[0])))
    return answers


# --- many draws


def steps_of(store: int) -> Steps:
    """3 copies over 4 stores: two from the first, one after a year, one after three."""
    delay = (0, 0, 1, 3)[store]
    made = tuple(range(YEARS - delay))
    return Steps(now=tuple(each + delay for each in made), made=made, change=(1,) * len(made))


def factored(draws: int, *, objects: float = 4e6) -> Floats:
    """Types summed first (they lie alike), then stores; year-major float32; blocks as Dask tasks."""
    held = np.empty((YEARS, STORES, draws), dtype=np.float32)

    def block(number: int) -> None:
        size = min(BLOCK, draws - number * BLOCK)
        made = np.zeros((YEARS, size))
        for kind, law in enumerate(LAWS):
            score = normals(str(kind), seed=0, block=number, rows=YEARS)[:, :size]
            per_year = np.full((YEARS, 1), objects)
            made += cohort_bytes(per_year * law.moment(1), per_year * law.moment(2), score)
        for store in range(STORES):
            held[:, store, number * BLOCK : number * BLOCK + size] = accumulate(steps_of(store), made)

    dask.compute(*(dask.delayed(block)(n) for n in range(-(-draws // BLOCK))), scheduler="threads")
    parts = [dask.delayed(quantiles)(year, QUANTILES) for year in held]
    return np.stack(dask.compute(*parts, scheduler="threads"))


def broadcast(draws: int) -> Floats:
    """Draw x year made x year now x type x store, and summed: five dimensions, as it stands on paper."""
    chance = np.random.default_rng(0)
    copies = np.zeros((YEARS, YEARS, STORES))
    for store in range(STORES):
        for now, born in zip(steps_of(store).now, steps_of(store).made, strict=True):
            copies[born, now:, store] = 1
    mean, spread = np.array([law.moment(1) for law in LAWS]), np.array([law.moment(2) ** 0.5 for law in LAWS])
    made = 4e6 * mean + 2e3 * spread * chance.standard_normal((draws, YEARS, TYPES))
    held = (made[:, :, None, :, None] * copies[None, :, :, None, :]).sum(axis=(1, 3))
    return np.asarray(np.quantile(held, QUANTILES, axis=0))


def random_numbers(draws: int) -> None:
    """What the factored kernel draws, and nothing else."""
    dask.compute(
        *(
            dask.delayed(normals)(str(kind), seed=0, block=number, rows=YEARS)[0, 0]
            for number in range(-(-draws // BLOCK))
            for kind in range(TYPES)
        ),
        scheduler="threads",
    )


# --- the run


def main() -> None:
    """Run the contenders in turn, print the tables."""
    wanted = _arguments()
    n, draws = wanted.objects, wanted.draws
    if wanted.alone == "objects":
        ours(n)
        return
    if wanted.alone == "draws":
        factored(draws)
        return
    # Before anything else: the peak of a program counts what its parent held when it was begun.
    for what in ("objects", "draws"):
        print(f"{what} alone: {_peak_bytes(what, n, draws) / 1e6:.0f} MB at the peak")
    few, part = max(TYPES, n // 10_000), max(16, draws // 128)
    contenders: dict[str, tuple[Callable[[], object], float]] = {
        "objects: ours, on Dask threads": (lambda: ours(n), n),
        "objects: numpy as written first": (lambda: plain_numpy(n), n),
        "objects: dask.array": (lambda: dask_array(n), n),
        f"objects: SimPy, {few:,} of them": (lambda: with_simpy(few), few),
        "objects: by cohorts": (lambda: by_cohorts(n), n),
        "draws: factored": (lambda: factored(draws), draws),
        "draws: random numbers alone": (lambda: random_numbers(draws), draws),
        f"draws: broadcast, {part:,} of them": (lambda: broadcast(part), part),
        **{f"a year of 10^{power} objects": (_grown(10.0**power, draws), draws) for power in (6, 8, 10)},
    }
    print(f"{n:,} objects, {draws:,} draws, {wanted.rounds} rounds, {os.cpu_count()} processors")
    runs: dict[str, list[Timed]] = {name: [] for name in contenders}
    for _ in range(wanted.rounds):
        for name, (work, _) in contenders.items():
            runs[name].append(timed(work))
    for name, (_, units) in contenders.items():
        wall, cpu = (statistics.median(getattr(run, key) for run in runs[name]) for key in ("wall", "cpu"))
        print(f"{name:40} {wall:9.3f} s wall {cpu:9.3f} s cpu {cpu / units * 1e9:12.1f} ns each")


def _peak_bytes(what: str, objects: int, draws: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "benchmarks.capacity", "--alone", what]
        sizes = ["--objects", str(objects), "--draws", str(draws)]
        return took([*words, *sizes], log=Path(folder) / "log").peak_bytes


def _grown(objects: float, draws: int) -> Callable[[], object]:
    return lambda: factored(draws, objects=objects)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--objects", type=int, default=600_000_000)
    parser.add_argument("--draws", type=int, default=131_072)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", choices=("objects", "draws"), help="run ours once, and print nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
