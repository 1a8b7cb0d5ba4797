"""What pixels take, measured: every build records it, and estimates and forecasts rest on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from archive.collection.built import BuiltImage
from holdings.house import House
from holdings.records import Event, EventType, PackageKind

_NAMES = ("kind", "source_format", "form", "codec")
_COUNTS = ("images", "pixels", "size_bytes", "source_bytes")


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """What pixels of one kind, out of one kind of file, take in one form and codec."""

    kind: str
    """`RGB uint8`, `Y uint16`, …"""
    source_format: str
    """Of the originals: `image/jpeg`, `image/tiff`, …; a JPEG's pixels are smoother than a scanner's."""
    form: str
    """`zarr ozx`, `zarr ozx from level 1`, `tiledb`, …"""
    codec: str
    images: int
    pixels: int
    """Of the originals."""
    size_bytes: int
    """Of the images with all their levels."""
    source_bytes: int

    @property
    def bytes_per_pixel(self) -> float:
        """Of the original."""
        return self.size_bytes / self.pixels if self.pixels else 0.0

    @property
    def bytes_per_image(self) -> float:
        """With all its levels."""
        return self.size_bytes / self.images if self.images else 0.0


def form_name(form: str, layout: str, first_level: int) -> str:
    """How sizes are told apart: `zarr ozx`, `zarr ozx from level 1`, `tiledb`."""
    name = f"{form} {layout}" if form == "zarr" else form
    return f"{name} from level {first_level}" if first_level else name


def sizes_of(built: Sequence[BuiltImage]) -> list[Size]:
    """What a build came to."""
    return _summed(
        Size(
            kind=image.kind,
            source_format=image.source_media_type,
            form=form_name(image.form, image.layout, image.first_level),
            codec=image.codec,
            images=1,
            pixels=image.pixels,
            size_bytes=image.size_bytes,
            source_bytes=image.source_bytes,
        )
        for image in built
    )


def recorded_sizes(house: House, collection: str) -> list[Size]:
    """What the builds of that collection came to, by the history that the catalogue keeps."""
    return _summed(
        size
        for package in house.catalogue.packages(collection=collection)
        if package.kind is PackageKind.COLLECTION
        for event in house.catalogue.events(package_id=package.package_id, types=[EventType.PACKAGE_CREATION])
        if (size := _recorded(event)) is not None
    )


def _recorded(event: Event) -> Size | None:
    """None where it tells of no sizes. Collections of before had no word for the format of originals."""
    if not all(event.detail.get(name) is not None for name in ("kind", "form", "codec", *_COUNTS)):
        return None
    told: dict[str, Any] = {name: str(event.detail.get(name) or "unknown") for name in _NAMES}
    told |= {name: int(event.detail[name] or 0) for name in _COUNTS}
    return Size(**told)


def _summed(sizes: Iterable[Size]) -> list[Size]:
    groups: dict[tuple[str, ...], Counter[str]] = {}
    for size in sizes:
        told = asdict(size)
        group = groups.setdefault(tuple(told[name] for name in _NAMES), Counter())
        group.update({name: told[name] for name in _COUNTS})
    return [_size(names, counts) for names, counts in sorted(groups.items())]


def _size(names: tuple[str, ...], counts: Counter[str]) -> Size:
    told: dict[str, Any] = {**dict(zip(_NAMES, names, strict=True)), **counts}
    return Size(**told)
