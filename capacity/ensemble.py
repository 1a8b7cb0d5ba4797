"""Many draws of one scenario, on any scheduler, bit for bit the same.

Work is cut into fixed blocks of 4,096 draws whose random numbers belong to the block, and the
blocks are joined in their order; so neither workers, threads nor chunks can change a bit.
"""

from __future__ import annotations

import contextlib
import importlib
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import xarray as xr

from capacity.dataset import make_dataset
from capacity.engine import Block, Model, build_model, simulate
from capacity.sampling import BLOCK
from capacity.scenario import Scenario
from holdings.errors import BadInput, Unavailable

MAX_DRAWS = 1 << 20
_IN_PROCESS = {
    None: ("dask.threaded", "get"),
    "threads": ("dask.threaded", "get"),
    "serial": ("dask.local", "get_sync"),
    "processes": ("dask.multiprocessing", "get"),
}
"""Functions, not Dask's names for them: to look a name up, Dask imports all of distributed."""
_CONNECT_SECONDS = 5
_PROTOCOLS = ("tcp", "tls", "ws", "wss")


def project(
    scenario: Scenario, *, draws: int = BLOCK, seed: int = 0, scheduler: str | None = None
) -> xr.Dataset:
    """The futures of `scenario`: bytes and money for each month, store and draw, with quantiles.

    scheduler : None (Dask threads in this process), `serial`, `threads`, `processes`, or the
        address of a running Dask scheduler such as `tcp://10.0.0.5:8786`.

    Raises BadInput for a number of draws or a scheduler that cannot be; Unavailable where no
    scheduler answers.
    """
    if not 1 <= draws <= MAX_DRAWS or not 0 <= seed < 2**63:
        raise BadInput(
            f"{draws} draws with seed {seed} cannot be made: draws are 1 to {MAX_DRAWS}, a seed is 0 or more."
        )
    with _scheduler(scheduler) as get:
        blocks = _run(build_model(scenario), _block_sizes(draws), seed=seed, get=get)
    if not all(np.isfinite(block.cost).all() and np.isfinite(block.bytes_held).all() for block in blocks):
        raise BadInput(f"The numbers of {scenario.path.name} are too large to be multiplied and added up.")
    return make_dataset(scenario, blocks, seed=seed)


def _block_sizes(draws: int) -> list[int]:
    full, rest = divmod(draws, BLOCK)
    return [BLOCK] * full + ([rest] if rest else [])


def _run(model: Model, sizes: Sequence[int], *, seed: int, get: Callable[..., Any]) -> list[Block]:
    # Dask takes a while to import, and `--help` needs none of it.
    import dask  # noqa: PLC0415

    dask_any: Any = dask  # it is half typed
    shared = dask_any.delayed(model, name="model", traverse=False)
    task = dask_any.delayed(simulate, pure=True)
    work = [
        task(shared, seed=seed, block=number, draws=size, dask_key_name=f"capacity-block-{number}")
        for number, size in enumerate(sizes)
    ]
    return list(dask_any.compute(*work, scheduler=get, optimize_graph=False))


@contextlib.contextmanager
def _scheduler(named: str | None) -> Iterator[Callable[..., Any]]:
    if named in _IN_PROCESS:
        module, function = _IN_PROCESS[named]
        yield getattr(importlib.import_module(module), function)
        return
    assert named is not None
    _knock(named)
    import distributed  # noqa: PLC0415  # seconds to import, and only a cluster needs it

    try:
        client: Any = distributed.Client(named, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]  # untyped there
    except (OSError, ValueError) as error:
        raise _nobody(named, error) from None
    with client:
        yield client.get


def _knock(named: str) -> None:
    """Whether anything listens there, before Dask is asked: its own client tries for half a minute."""
    try:
        url = urlsplit(named)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if host is None or port is None or url.scheme not in _PROTOCOLS:
        raise BadInput(
            f"'{named}' is no scheduler.",
            hint="It is serial, threads, processes or an address such as tcp://127.0.0.1:8786.",
        )
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise _nobody(named, error) from None


def _nobody(named: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"No Dask scheduler answers at {named}.",
        hint="Start one with `dask scheduler`, or leave --scheduler away.",
        detail=str(error),
    )
