"""The manifest of a package: the object that is written last, and by which a package exists.

JSON with its keys in order and nothing to spare, so that one package has one manifest, byte
for byte, in every store.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from holdings.clock import from_iso, iso
from holdings.errors import BadInput, HoldfastError
from holdings.records import (
    MANIFEST_NAME,
    Package,
    PackageKind,
    StoredObject,
    check_collection_id,
    check_package_id,
)
from holdings.stores.interface import check_key

MANIFEST_FORMAT = 1
MANIFEST_MAX_BYTES = 16 * 2**20
"""A bag has three objects; a collection in shards some thousands."""
_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def _checked(key: str) -> str:
    """A key inside the package's prefix, and not the manifest's own."""
    if check_key(key) == MANIFEST_NAME:
        raise ValueError("a manifest does not name itself")
    return key


class _Object(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    key: Annotated[str, AfterValidator(_checked)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=0, lt=2**63)]


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    collection: Annotated[str, AfterValidator(check_collection_id)]
    created_at: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    format: Literal[1]
    images: Annotated[int, Field(ge=0, lt=2**63)]
    kind: Literal["bag", "collection"]
    objects: Annotated[list[_Object], Field(min_length=1)]
    package_id: Annotated[str, AfterValidator(check_package_id)]


def manifest_bytes(package: Package) -> bytes:
    """The manifest of `package`, the same bytes each time."""
    told = {
        "collection": package.collection,
        "created_at": iso(package.created_at),
        "format": MANIFEST_FORMAT,
        "images": package.images,
        "kind": package.kind.value,
        "objects": [
            {"key": item.key, "sha256": item.sha256, "size_bytes": item.size_bytes}
            for item in sorted(package.objects)
        ],
        "package_id": package.package_id,
    }
    return (_canonical(told) + "\n").encode()


def read_manifest(data: bytes, *, origin: str, package_id: str | None = None) -> Package:
    """The package that a manifest tells of.

    origin : where it was found, for the error.
    package_id : whose prefix it was found under; another one inside is refused.

    Raises BadInput where it is not, byte for byte, what `manifest_bytes` writes.
    """
    if len(data) > MANIFEST_MAX_BYTES:
        raise BadInput(f"{origin} is {len(data)} bytes long; a manifest takes at most {MANIFEST_MAX_BYTES}.")
    try:
        package = _package(_Manifest.model_validate_json(data))
        canonical = manifest_bytes(package)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise BadInput(
            f"{origin} is no manifest of Holdfast: {place}: {first['msg']}.", detail=str(error)
        ) from None
    except (HoldfastError, ValueError) as error:
        raise BadInput(f"{origin} is no manifest of Holdfast: {error}", detail=str(error)) from None
    if canonical != data:
        raise BadInput(f"{origin} is no manifest of Holdfast: it says the same in another way.")
    if package_id is not None and package.package_id != package_id:
        raise BadInput(f"{origin} is the manifest of {package.package_id}, not of {package_id}.")
    return package


def _package(told: _Manifest) -> Package:
    objects = tuple(
        StoredObject(key=item.key, size_bytes=item.size_bytes, sha256=item.sha256) for item in told.objects
    )
    if len({item.key for item in objects}) != len(objects):
        raise ValueError("two of its objects have the same key.")
    return Package(
        package_id=told.package_id,
        kind=PackageKind(told.kind),
        collection=told.collection,
        created_at=from_iso(told.created_at),
        objects=objects,
        images=told.images,
    )
