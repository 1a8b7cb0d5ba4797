"""Workers as pods, through dask-kubernetes and its operator: `pip install 'holdfast[kubernetes]'`.

The image has to hold Holdfast; it is what dask-kubernetes' own configuration says
(`kubernetes.image` in `~/.config/dask/kubernetes.yaml`).
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator

from holdings.errors import BadInput


@contextlib.contextmanager
def start(workers: int) -> Iterator[str]:
    """So many worker pods, removed at the end. Gives the scheduler's address."""
    try:
        operator = importlib.import_module("dask_kubernetes.operator")
    except ImportError:
        raise BadInput(
            "Kubernetes is reached through dask-kubernetes, which is not installed.",
            hint="pip install 'holdfast[kubernetes]'",
        ) from None
    with operator.KubeCluster(name="holdfast-capacity", n_workers=workers) as cluster:
        yield cluster.scheduler_address
