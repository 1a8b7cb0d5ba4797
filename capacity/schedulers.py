"""The same work in this process, on threads, on processes, or on a Dask cluster anywhere.

Nobody waits for a cluster to start who did not ask for one: a run of one block is computed here
and now, without importing Dask at all.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from archive.cluster import cluster_client, is_address
from capacity.checkpoints import Checkpoints
from capacity.engine import Block, Model, simulate
from holdings.errors import BadInput

_GETS = {"threads": "dask.threaded", "processes": "dask.multiprocessing"}
"""Modules, not Dask's names for them: to look a name up, Dask imports all of distributed."""
_CLUSTERS = {
    "local": "capacity.clusters.local",
    "slurm": "capacity.clusters.slurm",
    "kubernetes": "capacity.clusters.kubernetes",
}
"""Each has `start(workers)`, a context manager that gives the scheduler's address."""
_CLUSTER = re.compile(rf"^({'|'.join(_CLUSTERS)})(?::([1-9][0-9]{{0,4}}))?$")
_RETRIES = 3
"""A block is tried again so often where its worker was lost."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One block to compute."""

    seed: int
    block: int
    draws: int


def run_work(
    build: Callable[[], Model],
    work: Sequence[Work],
    *,
    scheduler: str | None,
    kept: Checkpoints | None,
    plan: str,
    progress: Progress,
) -> list[Block]:
    """Every block of `work`, in its order.

    build : makes the model; asked only after the scheduler is known to be there.
    plan : names the tasks, so that a scheduler which holds a block already does not compute it again.
    """
    if scheduler is None:
        scheduler = "threads" if len(work) > 1 else "serial"
    if scheduler == "serial":
        return _here(build(), work, kept, progress)
    if scheduler in _GETS:
        return _in_process(_GETS[scheduler], build(), work, kept, progress)
    with _address(scheduler) as address:
        return _on_cluster(address, build, work, kept=kept, plan=plan, progress=progress)


def _done(model: Model, each: Work, kept: Checkpoints | None) -> Block:
    """One block: as it was kept, or computed and kept."""
    if kept and (before := kept.load(each.block, each.draws)):
        return before
    block = simulate(model, seed=each.seed, block=each.block, draws=each.draws)
    if kept:
        kept.save(each.block, each.draws, block)
    return block


def _here(model: Model, work: Sequence[Work], kept: Checkpoints | None, progress: Progress) -> list[Block]:
    blocks = []
    for each in work:
        blocks.append(_done(model, each, kept))
        progress(len(blocks), len(work))
    return blocks


def _in_process(
    module: str, model: Model, work: Sequence[Work], kept: Checkpoints | None, progress: Progress
) -> list[Block]:
    get = importlib.import_module(module).get
    graph: dict[str, Any] = {"model": model}
    graph |= {f"block-{each.block}": (_done, "model", each, kept) for each in work}
    blocks: list[Block] = list(get(graph, [f"block-{each.block}" for each in work]))
    progress(len(work), len(work))
    return blocks


def _on_cluster(
    address: str,
    build: Callable[[], Model],
    work: Sequence[Work],
    *,
    kept: Checkpoints | None,
    plan: str,
    progress: Progress,
) -> list[Block]:
    """Blocks are kept by this process as they come: workers elsewhere may not see its disk."""
    with cluster_client(address) as client:
        distributed = importlib.import_module("distributed")
        model = build()
        found = {each.block: kept.load(each.block, each.draws) for each in work} if kept else {}
        todo = [each for each in work if found.get(each.block) is None]
        futures = {
            client.submit(
                simulate, model, seed=each.seed, block=each.block, draws=each.draws,
                key=f"cap-{plan}-{each.block}-{each.draws}", retries=_RETRIES,
            ): each
            for each in todo
        }  # fmt: skip
        for future, block in distributed.as_completed(futures, loop=client.loop, with_results=True):
            each = futures[future]
            found[each.block] = block
            if kept:
                kept.save(each.block, each.draws, block)
            future.release()
            progress(sum(one is not None for one in found.values()), len(work))
    return [block for each in work if (block := found[each.block]) is not None]


@contextlib.contextmanager
def _address(named: str) -> Iterator[str]:
    if match := _CLUSTER.match(named):
        workers = int(match[2] or min(4, os.cpu_count() or 1))
        with importlib.import_module(_CLUSTERS[match[1]]).start(workers) as address:
            yield address
        return
    if not is_address(named):
        raise BadInput(
            f"'{named}' is no scheduler.",
            hint="It is serial, threads, processes, local:N, slurm:N, kubernetes:N, "
            "or an address such as tcp://127.0.0.1:8786.",
        )
    yield named
