"""From what the settings say to a store that can be used, wrappers and all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from holdings.errors import BadInput
from holdings.observing import Observer, nobody
from holdings.stores.interface import Store
from holdings.stores.local import LocalStore
from holdings.stores.memory import MemoryStore
from holdings.stores.readonly import ReadOnlyStore
from holdings.stores.retrying import RetryingStore
from holdings.stores.throttled import ThrottledStore

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings


def open_store(spec: StoreSettings, *, may_sleep: bool = True, observer: Observer = nobody) -> Store:
    """The store that `spec` describes. Nothing is asked of it yet, so a dead one opens, too.

    may_sleep : what is in it may have to be woken one day; until then it keeps the better checksum.
    """
    scheme = urlsplit(spec.url).scheme
    if scheme not in _OPENERS:
        raise BadInput(
            f"The store '{spec.name}' has the URL '{spec.url}'; a URL begins with {', '.join(_OPENERS)}.",
        )
    store = _OPENERS[scheme](spec, may_sleep)
    if spec.requests_per_second or spec.bytes_per_second:
        store = ThrottledStore(
            store, requests_per_second=spec.requests_per_second, bytes_per_second=spec.bytes_per_second
        )
    if scheme == "s3":  # outside the throttle, so that a second try waits its turn
        store = RetryingStore(store, observer=observer)
    return ReadOnlyStore(store) if spec.read_only else store


def create_store(spec: StoreSettings) -> None:
    """Make the folder of a local store; again, does nothing.

    Buckets are made by people (or Terraform), with locks and versions; never by us.
    """
    if urlsplit(spec.url).scheme == "file":
        LocalStore.create(spec.name, folder_of(spec))


def folder_of(spec: StoreSettings) -> Path:
    """The folder of a `file:` URL."""
    return Path(unquote(urlsplit(spec.url).path))


def _open_memory(spec: StoreSettings, _may_sleep: bool) -> Store:
    return MemoryStore(spec.name)


def _open_local(spec: StoreSettings, _may_sleep: bool) -> Store:
    return LocalStore(spec.name, folder_of(spec))


def _open_s3(spec: StoreSettings, may_sleep: bool) -> Store:
    # botocore and obstore take a while to import; a house of folders never needs them.
    from holdings.stores.s3 import open_s3  # noqa: PLC0415

    return open_s3(spec, may_sleep=may_sleep)


_OPENERS: dict[str, Callable[[StoreSettings, bool], Store]] = {
    "file": _open_local,
    "memory": _open_memory,
    "s3": _open_s3,
}
