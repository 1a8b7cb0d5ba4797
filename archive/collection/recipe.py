"""The first object of a collection: everything that its pixels hang on, said before the first of them.

It lies in the store, so a build that was killed goes on wherever the same command is run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from archive.collection.options import Options
from holdings.clock import from_iso, iso
from holdings.errors import AlreadyExists, BadInput, Corrupt
from holdings.records import Image, check_collection_id, check_package_id, package_prefix
from holdings.stores.interface import Reads, Writes

RECIPE_NAME = "recipe.json"
RECIPE_FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What a collection is made of, and how."""

    package_id: str
    collection: str
    created_at: datetime
    software: str
    options: Options
    packages: tuple[str, ...]
    """The bags that the originals are in."""
    images: int
    images_sha256: str
    """Over the identifier and checksum of every original, in order."""


def make_recipe(
    collection: str, images: Sequence[Image], options: Options, *, created_at: datetime, software: str
) -> Recipe:
    """The recipe; its package identifier is the same for the same originals and choices."""
    originals = hashlib.sha256()
    for image in images:
        originals.update(f"{image.image_id} {image.sha256}\n".encode())
    digest = hashlib.sha256(f"{originals.hexdigest()} {json.dumps(options.as_json())}".encode())
    return Recipe(
        package_id=check_package_id(f"{collection}-{options.form}-{digest.hexdigest()[:12]}"),
        collection=collection,
        created_at=created_at,
        software=software,
        options=options,
        packages=tuple(dict.fromkeys(image.package_id for image in images)),
        images=len(images),
        images_sha256=originals.hexdigest(),
    )


class _Keeps(Reads, Writes, Protocol):
    """Whatever a recipe is put into."""


def declare(store: _Keeps, recipe: Recipe) -> Recipe:
    """Put the recipe into the store, or take the one that an earlier run put there."""
    key = package_prefix(recipe.package_id) + RECIPE_NAME
    try:
        store.put(key, recipe_bytes(recipe))
    except AlreadyExists:
        found = read_recipe(b"".join(store.get(key)), origin=f"{key} in {store.name}")
        if replace(found, created_at=recipe.created_at, software=recipe.software) != recipe:
            raise Corrupt(f"{key} in {store.name} is the recipe of another collection.") from None
        return found
    return recipe


def recipe_bytes(recipe: Recipe) -> bytes:
    """The recipe as JSON, the same bytes for the same recipe."""
    told = {
        "format": RECIPE_FORMAT,
        "package_id": recipe.package_id,
        "collection": recipe.collection,
        "created_at": iso(recipe.created_at),
        "software": recipe.software,
        "options": recipe.options.as_json(),
        "packages": list(recipe.packages),
        "images": recipe.images,
        "images_sha256": recipe.images_sha256,
    }
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def read_recipe(data: bytes, *, origin: str) -> Recipe:
    """The inverse of `recipe_bytes`; Corrupt naming `origin` where it is none."""
    try:
        row = json.loads(data)
        if row.pop("format") != RECIPE_FORMAT:
            raise ValueError("unknown format")
        recipe = Recipe(
            package_id=check_package_id(row.pop("package_id")),
            collection=check_collection_id(row.pop("collection")),
            created_at=from_iso(row.pop("created_at")),
            options=Options(**row.pop("options")),
            packages=tuple(_package_ids(row.pop("packages"))),
            **row,
        )
    except (BadInput, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"{origin} is no recipe of a collection.", detail=str(error)) from None
    return recipe


def _package_ids(names: Iterable[str]) -> Iterable[str]:
    return (check_package_id(name) for name in names)
