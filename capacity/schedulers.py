"""The same work in this process, on threads, on processes, or on a Dask cluster anywhere.

Nobody waits for a cluster to start who did not ask for one: a run of one block is computed here
and now, without importing Dask at all.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from archive.cluster import cluster_client, is_address
from capacity.checkpoints import Checkpoints
from capacity.engine import Block, Model, simulate_parts
from capacity.sampling import BLOCK
from holdings.errors import BadInput

_CLUSTERS = {
    "local": "capacity.clusters.local",
    "slurm": "capacity.clusters.slurm",
    "kubernetes": "capacity.clusters.kubernetes",
}
"""Each has `start(workers)`, a context manager that gives the scheduler's address."""
_CLUSTER = re.compile(rf"^({'|'.join(_CLUSTERS)})(?::([1-9][0-9]{{0,4}}))?$")
_RETRIES = 3
"""A block is tried again so often where its worker was lost."""
_THREADS = 4
"""At most so many blocks at once in one process: each takes memory, however many processors there are."""
Progress = Callable[[int, int], None]
Put = Callable[[int, Block], None]
"""Takes some draws, and which of all of them is their first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One block to compute."""

    seed: int
    block: int
    draws: int

    @property
    def first(self) -> int:
        """Which of all draws is its first."""
        return self.block * BLOCK


def run_work(
    build: Callable[[], Model],
    work: Sequence[Work],
    *,
    scheduler: str | None,
    kept: Checkpoints | None,
    plan: str,
    put: Put,
    progress: Progress,
) -> None:
    """Every block of `work`, put where it belongs in parts, in any order.

    build : makes the model; asked only after the scheduler is known to be there.
    plan : names the tasks, so that a scheduler which holds a block already does not compute it again.
    """
    done = _Done(work, put, progress)
    if scheduler is None:
        scheduler = "threads" if len(work) > 1 else "serial"
    if scheduler == "serial":
        model = build()
        for each in work:
            done.take(each, _parts(model, each, kept))
    elif scheduler == "threads":
        _on_threads(build(), work, kept, done)
    elif scheduler == "processes":
        _on_processes(build(), work, kept, plan, done)
    else:
        with _address(scheduler) as address:
            _on_cluster(address, build, work, kept=kept, plan=plan, done=done)


class _Done:
    """Takes what blocks come to, from any thread, and counts them."""

    def __init__(self, work: Sequence[Work], put: Put, progress: Progress) -> None:
        self._all, self._put, self._progress = len(work), put, progress
        self._done, self._lock = 0, Lock()

    def take(self, each: Work, parts: Iterable[Block]) -> None:
        """One whole block."""
        first = each.first
        for part in parts:
            self._put(first, part)
            first += part.bytes_held.shape[-1]
            del part  # before the next one is made
        with self._lock:
            self._done += 1
            self._progress(self._done, self._all)


def _parts(model: Model, each: Work, kept: Checkpoints | None) -> Iterable[Block]:
    """One block: as it was kept, or computed and kept."""
    if kept and (before := kept.load(each.block, each.draws)):
        return before
    parts = simulate_parts(model, seed=each.seed, block=each.block, draws=each.draws)
    return kept.save(each.block, each.draws, parts) if kept else parts


def _on_threads(model: Model, work: Sequence[Work], kept: Checkpoints | None, done: _Done) -> None:
    def one(model: Model, each: Work) -> None:
        done.take(each, _parts(model, each, kept))

    _run_graph("dask.threaded", model, one, work, num_workers=min(_THREADS, os.cpu_count() or 1))


def _on_processes(
    model: Model, work: Sequence[Work], kept: Checkpoints | None, plan: str, done: _Done
) -> None:
    """Blocks come through the disk: Dask would hold all of them until the last is done."""
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        there = kept or Checkpoints(Path(folder), plan)
        _run_graph("dask.multiprocessing", model, partial(_keep, there), work)
        for each in work:
            done.take(each, _parts(model, each, there))


def _keep(kept: Checkpoints, model: Model, each: Work) -> None:
    deque(_parts(model, each, kept), maxlen=0)


def _run_graph(
    module: str, model: Model, one: Callable[[Model, Work], None], work: Sequence[Work], **options: int
) -> None:
    """Dask's module, not its name: to look a name up, Dask imports all of distributed."""
    graph: dict[str, Any] = {"model": model}
    graph |= {f"block-{each.block}": (one, "model", each) for each in work}
    importlib.import_module(module).get(graph, [f"block-{each.block}" for each in work], **options)


def _on_cluster(
    address: str,
    build: Callable[[], Model],
    work: Sequence[Work],
    *,
    kept: Checkpoints | None,
    plan: str,
    done: _Done,
) -> None:
    """Blocks are kept by this process as they come: workers elsewhere may not see its disk."""
    with cluster_client(address) as client:
        distributed = importlib.import_module("distributed")
        model = build()
        futures = {}
        for each in work:
            if kept and (before := kept.load(each.block, each.draws)):
                done.take(each, before)
                continue
            future = client.submit(
                _whole, model, each, key=f"cap-{plan}-{each.block}-{each.draws}", retries=_RETRIES
            )
            futures[future] = each
        for future in distributed.as_completed(futures, loop=client.loop):
            each, parts = futures[future], future.result()
            done.take(each, kept.save(each.block, each.draws, parts) if kept else parts)
            future.release()


def _whole(model: Model, each: Work) -> list[Block]:
    return [*simulate_parts(model, seed=each.seed, block=each.block, draws=each.draws)]


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
