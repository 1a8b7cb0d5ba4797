"""A window of an image: the tiles it touches and no other, neighbours in one request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.collection.codecs import Codec, codec_for
from archive.collection.finding import Found
from archive.collection.locating import tiledb_place
from archive.collection.shapes import Form, Level, Zyx
from archive.collection.tiledb_form import read_tiledb
from archive.collection.tiles import Place, TileTable
from archive.reading import Trouble, from_first_good
from archive.recording import new_run
from holdings.errors import BadInput, Corrupt
from holdings.house import House
from holdings.records import package_prefix
from holdings.stores.interface import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """Part of one level, in its own pixels; ends exclusive."""

    level: int
    y: tuple[int, int]
    x: tuple[int, int]
    z: int = 0
    """The page, or the slice of a volume."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Pixels that were read."""

    pixels: NDArray[Any]
    """ndarray = (y, x, channels)"""
    store: str
    """Where they came from."""
    troubles: tuple[Trouble, ...]
    """Copies that were tried before and could not give them."""


def window(house: House, found: Found, box: Box) -> Window:
    """The pixels of `box`. Raises BadInput where the image has no such level or pixels."""
    form = found.built.pixel_form
    level = level_of(form, box.level)
    at, size = (box.z, box.y[0], box.x[0]), (1, box.y[1] - box.y[0], box.x[1] - box.x[0])
    _check(level, at, size)
    pixels, store, troubles = from_first_good(
        house,
        found.package.package_id,
        lambda store: read_box(house, store, found, level, (at, size)),
        run=new_run(house, "collection"),
    )
    return Window(pixels=pixels[0], store=store, troubles=troubles)


def level_of(form: Form, number: int) -> Level:
    """The stored level of that number. Raises BadInput naming those there are."""
    for level in form.stored:
        if level.number == number:
            return level
    numbers = ", ".join(str(level.number) for level in form.stored)
    raise BadInput(f"The image has no level {number}.", hint=f"It has: {numbers}.")


def _check(level: Level, at: Zyx, size: Zyx) -> None:
    ends = zip(at, size, level.size, strict=True)
    if any(begin < 0 or count <= 0 or begin + count > whole for begin, count, whole in ends):
        z, y, x = level.size
        raise BadInput(
            f"Level {level.number} has no such window.",
            hint=f"It has rows 0:{y}, columns 0:{x}" + (f" and z from 0 to {z - 1}." if z > 1 else "."),
        )


def read_box(house: House, store: Store, found: Found, level: Level, box: tuple[Zyx, Zyx]) -> NDArray[Any]:
    """Pixels as (z, y, x, channels) from one store. Raises Corrupt where they are not what was stored."""
    at, size = box
    if found.built.form == "tiledb":
        where = tiledb_place(house.settings.stores[store.name], found)
        return read_tiledb(where.url, found.built.pixel_form, level, at, size, config=where.options)
    table = TileTable(found.built)
    codec = codec_for(found.built.codec, table.form)
    pixels = np.empty((*size, len(table.form.channels)), table.form.dtype)
    with ThreadPoolExecutor(house.settings.limits.threads, thread_name_prefix="window") as pool:
        runs = neighbours(table.touched(level, at, size))
        read = pool.map(lambda run: list(_tiles(store, found, run, codec, (level, table.form))), runs)
        for run, tiles in zip(runs, read, strict=True):
            for place, tile in zip(run, tiles, strict=True):
                _copy(tile, place, level, pixels, at)
    return pixels


_GAP_BYTES = 256
"""Between neighbours in a zip lies the name of the second one, and nothing else."""
_RUN_BYTES = 8 * 2**20
"""Of one request; more than that comes quicker in several at once."""


def neighbours(places: Iterable[Place]) -> list[list[Place]]:
    """The tiles in runs that lie side by side in one object: a request each."""
    runs: list[list[Place]] = []
    for place in places:
        if runs and _follows(runs[-1], place):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _follows(run: list[Place], place: Place) -> bool:
    first, last = run[0], run[-1]
    gap = place.offset - (last.offset + last.size_bytes)
    whole = place.offset + place.size_bytes - first.offset
    return place.key == last.key and 0 <= gap <= _GAP_BYTES and whole <= _RUN_BYTES


def _tiles(
    store: Store, found: Found, run: Sequence[Place], codec: Codec, shape: tuple[Level, Form]
) -> Iterator[NDArray[Any]]:
    level, form = shape
    key = package_prefix(found.package.package_id) + run[0].key
    begin, end = run[0].offset, run[-1].offset + run[-1].size_bytes
    try:
        data = memoryview(store.get_range(key, begin, end - begin))
    except BadInput as error:
        raise Corrupt(f"{key} in {store.name} is shorter than was recorded.") from error
    for place in run:
        part = bytes(data[place.offset - begin : place.offset - begin + place.size_bytes])
        yield decoded(codec, part, level, form, origin=f"{key} in {store.name}")


def decoded(codec: Codec, data: bytes, level: Level, form: Form, *, origin: str) -> NDArray[Any]:
    """A stored tile as (z, y, x, channels). Raises Corrupt naming `origin` where it is none."""
    try:
        samples = codec.decode(data)
        flat = (
            np.frombuffer(samples, f"<{np.dtype(form.dtype).str[1:]}")
            if isinstance(samples, bytes)
            else samples
        )
        return flat.reshape(*level.tile, len(form.channels))
    except Exception as error:  # a decoder may raise anything at all on broken bytes
        raise Corrupt(f"A tile of {origin} cannot be decoded.", detail=repr(error)) from error


def _copy(tile: NDArray[Any], place: Place, level: Level, pixels: NDArray[Any], at: Zyx) -> None:
    """What a tile and a box have in common, into the box."""
    into, out_of = [], []
    for index, length, begin, count in zip(place.at, level.tile, at, pixels.shape[:3], strict=True):
        low, high = max(index * length, begin), min((index + 1) * length, begin + count)
        into.append(slice(low - begin, high - begin))
        out_of.append(slice(low - index * length, high - index * length))
    pixels[tuple(into)] = tile[tuple(out_of)]
