"""Workers as SLURM jobs, through dask-jobqueue: `pip install 'holdfast[slurm]'`.

Queue, account, memory and walltime are what dask-jobqueue's own configuration says
(`~/.config/dask/jobqueue.yaml`), for they differ from one site to the next.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator

from holdings.errors import BadInput


@contextlib.contextmanager
def start(workers: int) -> Iterator[str]:
    """So many jobs of one worker each, cancelled at the end. Gives the scheduler's address."""
    try:
        jobqueue = importlib.import_module("dask_jobqueue")
    except ImportError:
        raise BadInput(
            "SLURM is reached through dask-jobqueue, which is not installed.",
            hint="pip install 'holdfast[slurm]'",
        ) from None
    with jobqueue.SLURMCluster() as cluster:
        cluster.scale(jobs=workers)
        yield cluster.scheduler_address
