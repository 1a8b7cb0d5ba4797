"""One image of a collection: what it is, where its bytes lie, and how it came about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from archive.collection.shapes import Form
from holdings.errors import Corrupt
from holdings.records import StoredObject

IMAGES_PREFIX = "images/"
SUFFIXES = {("zarr", "ozx"): ".ozx", ("zarr", "shards"): ".ome.zarr", ("tiledb", ""): ".tdb"}


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltImage:
    """An image whose every object was read back from the store and matched."""

    ordinal: int
    """From 1; those that failed leave gaps."""
    source_image_ids: tuple[str, ...]
    """One, or the slices of a volume in their order."""
    source_path: str
    """Of the first; of a volume, its folder."""
    source_sha256: tuple[str, ...]
    source_media_type: str
    source_bytes: int
    specimen: str | None
    """The specimen's number, where one is known."""
    terms: tuple[tuple[str, str], ...]
    """Of the matched record, by qualified standard name: (`dwc:country`, `Kenya`)."""
    key: str
    """Of the image inside the package: of its one object, or the beginning of all of them."""
    objects: tuple[StoredObject, ...]
    """Of the image itself, in the order in which they were put."""
    copies: tuple[StoredObject, ...]
    """JPEG access copies: lossy."""
    form: str
    layout: str
    """Empty where the form has but one."""
    codec: str
    is_lossy: bool
    needs: str
    """What a reader has to have installed."""
    axes: str
    size: tuple[int, int, int]
    """z, y, x of the original."""
    channels: tuple[str, ...]
    dtype: str
    spacing_um: tuple[float | None, float | None, float | None]
    first_level: int
    levels: int
    pixels_sha256: str
    """Of the largest level that is kept, over its samples in the order (z, y, x, channels)."""
    tiles: tuple[tuple[int, int], ...]
    """First byte and length of every tile, level after level; empty for TileDB."""
    notes: tuple[str, ...]

    @property
    def pixel_form(self) -> Form:
        """Axes, levels and tiles."""
        return Form(
            axes=self.axes,
            size=self.size,
            channels=self.channels,
            dtype=self.dtype,
            spacing_um=self.spacing_um,
            first_level=self.first_level,
        )

    @property
    def size_bytes(self) -> int:
        """Of the image itself, all levels; access copies not counted."""
        return sum(item.size_bytes for item in self.objects)

    @property
    def pixels(self) -> int:
        """Of the original."""
        z, y, x = self.size
        return z * y * x

    @property
    def kind(self) -> str:
        """By which sizes are compared: `RGB uint8`."""
        return f"{''.join(self.channels)} {self.dtype}"


def image_key(form: str, layout: str, ordinal: int) -> str:
    """Where an image lies inside its package."""
    return f"{IMAGES_PREFIX}{ordinal:06}{SUFFIXES[form, layout if form == 'zarr' else '']}"


def to_json(built: BuiltImage) -> bytes:
    """The inverse of `from_json`."""
    return json.dumps(asdict(built), ensure_ascii=False, separators=(",", ":")).encode()


def from_json(data: bytes, *, origin: str) -> BuiltImage:
    """A built image from its journal; Corrupt naming `origin` where it is none."""
    try:
        return from_row(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(
            f"{origin} tells of no image that was built.",
            hint="Remove it; the image is then built again.",
            detail=str(error),
        ) from None


def from_row(row: Mapping[str, Any]) -> BuiltImage:
    """A built image from its fields, lists for tuples. Raises KeyError, TypeError."""
    values = {field.name: _frozen(row[field.name]) for field in fields(BuiltImage)}
    for name in ("objects", "copies"):
        values[name] = tuple(StoredObject(**item) for item in row[name])
    for name in ("tiles", "terms"):
        values[name] = tuple((first, second) for first, second in row[name])
    return BuiltImage(**values)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
