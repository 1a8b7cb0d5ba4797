"""Reading whole copies, so that another one may be removed on the strength of them."""

from __future__ import annotations

from collections.abc import Callable

from holdings.catalogue.manifest import MANIFEST_MAX_BYTES, read_manifest
from holdings.errors import BadInput, Corrupt
from holdings.house import House
from holdings.records import MANIFEST_NAME, Package, sha256_hex
from holdings.stores.interface import Store
from holdings.stores.proving import Hashing
from holdings.stores.removing import ReadObject, Witness


def read_witness(house: House, package: Package, name: str, *, may_go_on: Callable[[], None]) -> Witness:
    """Read every byte of the copy in the store `name`, each object in one version.

    Raises NotFound or Corrupt for what is definitely wrong with it, Conflict where it changes
    meanwhile, Unavailable where nothing can be said.
    """
    store, settings = house.store(name), house.settings.stores[name]
    began = house.clock.now()
    objects = [
        _read(store, package.prefix + item.key, item.size_bytes, item.sha256, may_go_on)
        for item in package.objects
    ]
    return Witness(
        store=name,
        tier=settings.tier,
        domain=settings.domain,
        objects=(*objects, _manifest(store, package)),
        read_at=began,
    )


def _read(store: Store, key: str, size_bytes: int, sha256: str, may_go_on: Callable[[], None]) -> ReadObject:
    info = store.head(key)
    read = Hashing(store.get(key, version=info.version))
    for _ in read:
        may_go_on()
    if (read.size_bytes, read.sha256) != (size_bytes, sha256):
        raise Corrupt(
            f"{key} in {store.name} has {read.size_bytes} bytes and the SHA-256 {read.sha256}, "
            f"recorded are {size_bytes} and {sha256}."
        )
    return ReadObject(key=key, version=info.version, sha256=sha256)


def _manifest(store: Store, package: Package) -> ReadObject:
    key = package.prefix + MANIFEST_NAME
    info = store.head(key)
    if info.size_bytes > MANIFEST_MAX_BYTES:
        raise Corrupt(f"{key} in {store.name} is longer than any manifest.")
    data = b"".join(store.get(key, version=info.version))
    try:
        told = read_manifest(data, origin=f"{key} in {store.name}")
    except BadInput as error:
        raise Corrupt(error.sentence) from None
    if told != package:
        raise Corrupt(f"{key} in {store.name} tells of another package than was recorded.")
    return ReadObject(key=key, version=info.version, sha256=sha256_hex(data))
