"""The door to a Dask cluster: knocked at before it is opened, and explained where nobody answers."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from holdings.errors import BadInput, Unavailable

_CONNECT_SECONDS = 5
_CALLS_PER_WORKER = 2
"""So that none waits while its next call is on the way."""
_PROTOCOLS = ("tcp", "tls", "ws", "wss")


def is_address(named: str) -> bool:
    """Whether that is the address of a scheduler, such as `tcp://10.0.0.5:8786`."""
    return _parts(named) is not None


@contextmanager
def cluster_client(address: str, *, set_as_default: bool = False) -> Iterator[Any]:
    """A client of the Dask scheduler at `address`, for as long as the context lasts.

    set_as_default : whether `dask.compute` in this process goes there, too.

    Raises BadInput where that is no address, Unavailable where nobody answers.
    """
    _knock(address)
    # Seconds to import, and only a cluster needs it.
    distributed: Any = importlib.import_module("distributed")
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=set_as_default)
    except (OSError, ValueError) as error:
        raise _nobody(address, error) from None
    with client:
        yield client


class Workers:
    """The workers of one scheduler, for calls that do once what they are asked for twice.

    A worker that dies is replaced by another, which makes the call again: so whatever is handed out
    changes nothing by being done twice, even at the same time.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def count(self) -> int:
        """How many there are now."""
        return len(self._client.scheduler_info()["workers"])

    @property
    def at_once(self) -> int:
        """How many calls keep all of them at work."""
        return max(1, _CALLS_PER_WORKER * self.count)

    def submit(self, work: Callable[..., Any], *told: object) -> Any:
        """Hand out a call; what it comes to is the `result` of what this returns."""
        # Never by content: what was true when the same was asked before need not be true any more.
        return self._client.submit(work, *told, pure=False)

    def result(self, future: Any, *, may_go_on: Callable[[], None]) -> Any:
        """What a call came to; its errors are raised here.

        may_go_on : asked each second; raises to stop. The call is not waited for any more then.

        Raises WorkersDied where workers died over it again and again.
        """
        distributed: Any = importlib.import_module("distributed")
        try:
            while True:
                try:
                    return future.result(timeout=1)
                except TimeoutError:
                    if future.done():  # by now; or the call itself ran out of time
                        return future.result()
                _ask(may_go_on, future)
        except distributed.scheduler.KilledWorker as error:
            raise WorkersDied(
                "Too many Dask workers died over the same piece of work.",
                hint="Look at their logs, then run the same again: it goes on where it stopped.",
                detail=str(error),
            ) from None


def _ask(may_go_on: Callable[[], None], future: Any) -> None:
    try:
        may_go_on()
    except BaseException:
        future.cancel()
        raise


class WorkersDied(Unavailable):
    """It says nothing of the stores that the workers were at work on."""

    kind = "workers-died"


@contextmanager
def cluster_workers(address: str) -> Iterator[Workers]:
    """The workers of the Dask scheduler at `address`, for as long as the context lasts.

    Raises BadInput where that is no address, Unavailable where nobody answers or nobody works.
    """
    with cluster_client(address) as client:
        workers = Workers(client)
        if not workers.count:
            raise Unavailable(
                f"The Dask scheduler at {address} has no workers.", hint="dask worker " + address
            )
        yield workers


def _parts(named: str) -> tuple[str, int] | None:
    """Host and port; None where it is no address."""
    try:
        url = urlsplit(named)
        host, port = url.hostname, url.port
    except ValueError:
        return None
    return None if host is None or port is None or url.scheme not in _PROTOCOLS else (host, port)


def _knock(address: str) -> None:
    """Whether anything listens there, before Dask is asked: its own client tries for half a minute."""
    parts = _parts(address)
    if parts is None:
        raise BadInput(
            f"'{address[:200]}' is no address of a scheduler.", hint="For example: tcp://127.0.0.1:8786"
        )
    try:
        socket.create_connection(parts, timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise _nobody(address, error) from None


def _nobody(address: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"No Dask scheduler answers at {address}.",
        hint="Start one with `dask scheduler`, or leave --scheduler away.",
        detail=str(error),
    )
