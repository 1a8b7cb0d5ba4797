"""Worker processes on this machine."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator

from holdings.errors import Unavailable


@contextlib.contextmanager
def start(workers: int) -> Iterator[str]:
    """A cluster of so many workers of one thread each, stopped at the end. Gives its address."""
    distributed = importlib.import_module("distributed")
    try:
        cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
        )
    except (OSError, RuntimeError, TimeoutError) as error:
        raise Unavailable(
            "The cluster on this machine did not start.", hint="Use --scheduler processes.", detail=str(error)
        ) from None
    with cluster:
        yield cluster.scheduler_address
