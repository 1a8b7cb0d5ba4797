"""Many images, one task each: one after the other here, or on any scheduler of Dask.

An image that cannot be in a collection is an answer, not an end: the rest goes on. A store
that cannot be reached ends the batch; what was built by then is built.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from archive.cluster import cluster_client
from archive.collection.built import BuiltImage, to_json
from archive.collection.journal import journal_key
from archive.collection.one_image import Task, build_image
from archive.reading import Trouble
from holdings.errors import AlreadyExists, BadInput, Corrupt, NotFound
from holdings.house import House
from holdings.opening import marks_of, stores_elsewhere
from holdings.settings import Settings
from holdings.stores.interface import Store

_TASKS_PER_WORKER = 8
"""Between two reports: a cluster is kept busy, and progress is seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An image that is not in the collection, and why."""

    image_id: str
    path: str
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one task came to."""

    ordinal: int
    built: BuiltImage | None
    failure: Failure | None
    """Exactly one of the two is there."""
    seconds: float
    troubles: tuple[Trouble, ...] = field(default=())
    """Copies of the original that were not what was recorded."""


def attempt(task: Task, stores: Mapping[str, Store]) -> Outcome:
    """Build one image and note it in the package's journal, so that it is not built again.

    Raises Unavailable where a store could not be reached, Conflict where other bytes lie there.
    """
    began = time.monotonic()
    try:
        built, troubles = build_image(task, stores)
    except (BadInput, Corrupt, NotFound) as error:
        first = task.sources[0]
        because = error.sentence.removeprefix(f"{first.path}: ")
        failure = Failure(image_id=first.image_id, path=task.path, because=because)
        return Outcome(ordinal=task.ordinal, built=None, failure=failure, seconds=time.monotonic() - began)
    with suppress(AlreadyExists):  # another run built the very same image meanwhile
        stores[task.target].put(journal_key(task.package_id, task.ordinal), to_json(built))
    return Outcome(
        ordinal=task.ordinal,
        built=built,
        failure=None,
        seconds=time.monotonic() - began,
        troubles=troubles,
    )


def one_by_one(tasks: Sequence[Task], stores: Mapping[str, Store]) -> Iterator[Outcome]:
    """In this process; each image has all the threads there are."""
    return (attempt(task, stores) for task in tasks)


def on_dask(
    tasks: Sequence[Task], house: House, *, workers: int, scheduler: str | None = None
) -> Iterator[Outcome]:
    """On Dask: so many processes of this machine, or the cluster whose scheduler has that address.

    house : every worker opens its stores by itself, by the same settings, and uses none that is
        another place there.
    """
    import dask  # noqa: PLC0415  # half a second that a build without it does not need

    dask_any: Any = dask  # it is half typed
    with ExitStack() as stack:
        # Whoever has configured a scheduler gets that one.
        configured = dask_any.config.get("scheduler", None)
        how: dict[str, Any] = {} if configured else {"scheduler": "processes", "num_workers": workers}
        if scheduler is not None:
            stack.enter_context(cluster_client(scheduler, set_as_default=True))
            how = {}
        at_once, marks = _TASKS_PER_WORKER * workers, marks_of(house)
        for begin in range(0, len(tasks), at_once):
            part = tasks[begin : begin + at_once]
            # Not pure: a task writes. A key of its own, so that no scheduler takes it for another.
            work = [dask_any.delayed(_alone, pure=False)(task, house.settings, marks) for task in part]
            yield from dask_any.compute(*work, optimize_graph=False, **how)


def _alone(task: Task, settings: Settings, marks: Mapping[str, str | None]) -> Outcome:
    """One task in a process that has nothing open yet."""
    with stores_elsewhere(settings, marks) as stores:
        return attempt(task, stores)
