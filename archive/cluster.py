"""The door to a Dask cluster: knocked at before it is opened, and explained where nobody answers."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from holdings.errors import BadInput, Unavailable

_CONNECT_SECONDS = 5
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
