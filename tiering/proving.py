"""Reading whole copies, so that another one may be removed on the strength of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from holdings.catalogue.manifest import manifest_bytes
from holdings.errors import Corrupt
from holdings.house import House
from holdings.records import MANIFEST_NAME, Package, sha256_hex
from holdings.stores.interface import Store
from holdings.stores.reading import read_as_meant
from holdings.stores.removing import ReadObject, Witness


def read_witness(house: House, package: Package, name: str, *, may_go_on: Callable[[], None]) -> Witness:
    """Read every byte of the copy in the store `name`, each object in one version.

    Raises NotFound or Corrupt for what is definitely wrong with it, Conflict where it changes
    meanwhile, Unavailable where nothing can be said.
    """
    began = house.clock.now()
    return witness_of(house, name, read_copy(house.store(name), package, may_go_on=may_go_on), began)


def read_copy(
    store: Store, package: Package, *, may_go_on: Callable[[], None] = lambda: None
) -> tuple[ReadObject, ...]:
    """The same without a word about what that is worth: every object and the manifest, as they were read."""
    objects = [
        _read(store, package.prefix + item.key, item.size_bytes, item.sha256, may_go_on)
        for item in package.objects
    ]
    return (*objects, _manifest(store, package, may_go_on))


def witness_of(house: House, name: str, objects: tuple[ReadObject, ...], began: datetime) -> Witness:
    """What was read in the store `name`, as evidence from the moment when the reading began."""
    settings = house.settings.stores[name]
    return Witness(store=name, tier=settings.tier, domain=settings.domain, objects=objects, read_at=began)


def _read(store: Store, key: str, size_bytes: int, sha256: str, may_go_on: Callable[[], None]) -> ReadObject:
    read = read_as_meant(store, key, (size_bytes, sha256), may_go_on=may_go_on)
    if read.found != (size_bytes, sha256):
        raise Corrupt(
            f"{key} in {store.name} has {read.size_bytes} bytes and the SHA-256 {read.sha256}, "
            f"recorded are {size_bytes} and {sha256}."
        )
    return ReadObject(key=key, version=read.version, sha256=sha256)


def _manifest(store: Store, package: Package, may_go_on: Callable[[], None]) -> ReadObject:
    """A package has one manifest, byte for byte, in every store."""
    data = manifest_bytes(package)
    key, sha256 = package.prefix + MANIFEST_NAME, sha256_hex(data)
    read = read_as_meant(store, key, (len(data), sha256), may_go_on=may_go_on)
    if read.found != (len(data), sha256):
        raise Corrupt(f"{key} in {store.name} is not the manifest of this package, as it was recorded.")
    return ReadObject(key=key, version=read.version, sha256=sha256)
