"""OME-Zarr 0.5 on Zarr v3: one zip per image (`ozx`), or a folder of sharded arrays (`shards`)."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from math import prod
from types import TracebackType
from typing import Any, Self

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.buffer.cpu import NDBuffer

from archive.collection import ome_metadata
from archive.collection.codecs import Codec, Tile
from archive.collection.interface import Facts, Part, Written
from archive.collection.member_store import Extent, MemberStore
from archive.collection.pyramid import Block
from archive.collection.shapes import Form, Level, Zyx
from archive.collection.sharding import Shard, Shards
from archive.collection.spool import LevelSpool
from archive.collection.stored_zip import Member, StoredZip

LAYOUTS = ("ozx", "shards")
_QUEUED = 4
"""Tiles handed out for each thread, so that threads have work while rows are decoded."""


class ZarrWriter:
    """An `ImageArrayWriter` that encodes tiles in threads and keeps them level by level."""

    def __init__(self, form: Form, codec: Codec, *, layout: str, threads: int) -> None:
        self._form, self._codec, self._layout = form, codec, layout
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encoding")
        self._spools = {
            level.number: LevelSpool(level.tiles * prod(form.chunk(level)) * form.item_bytes)
            for level in form.stored
        }
        self._under_way: deque[tuple[LevelSpool, Future[bytes]]] = deque()
        self._shards = {level.number: Shards(form, level) for level in form.stored}
        self._extents: dict[str, Extent] = {}
        self._arrays: dict[int, zarr.Array[Any]] = {}

    def write(self, level: Level, at: Zyx, block: Block) -> None:  # noqa: ARG002  # bands come in order
        spool = self._spools[level.number]
        for tile in _tiles(level, block):
            self._under_way.append((spool, self._pool.submit(self._encode, level, tile)))
            while len(self._under_way) > _QUEUED * self._threads:
                self._take_one()

    def finish(self) -> None:
        while self._under_way:
            self._take_one()
        told = ome_metadata.array_documents(self._array_metadata())
        found = self._tile_extents() if self._layout == "ozx" else self._shard_extents()
        self._extents = {name: _extent_of(data) for name, data in told} | dict(found)

    def read(self, level: Level, at: Zyx, size: Zyx) -> NDArray[Any]:
        if level.number not in self._arrays:
            path = ome_metadata.array_path(level)
            self._arrays[level.number] = zarr.open_array(MemberStore(self._extents), path=path, mode="r")
        pixels = np.empty((*size, len(self._form.channels)), self._form.dtype)
        # Into our own order at once: tiles lie like that, and turning them costs as much as decoding.
        target = NDBuffer.from_numpy_array(_along(self._form, pixels))
        self._arrays[level.number].get_basic_selection(_box(self._form, at, size), out=target)
        return pixels

    def written(self, facts: Facts) -> Written:
        told = ome_metadata.documents(self._form, self._array_metadata(), facts)
        return self._as_zip(told) if self._layout == "ozx" else self._as_shards(told)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        for spool in self._spools.values():
            spool.close()

    def _take_one(self) -> None:
        spool, encoded = self._under_way.popleft()
        spool.add(encoded.result())

    def _encode(self, level: Level, tile: Block) -> bytes:
        return self._codec.encode(_filled(level, tile))

    def _array_metadata(self) -> dict[str, ome_metadata.Json]:
        return {
            ome_metadata.array_path(level): ome_metadata.array(
                self._form,
                level,
                self._codec,
                shard=self._shards[level.number].shape if self._layout == "shards" else None,
            )
            for level in self._form.stored
        }

    def _as_zip(self, told: Sequence[tuple[str, bytes]]) -> Written:
        members = [_document(name, data) for name, data in told] + list(self._tile_members())
        packed = StoredZip(members)
        places = zip(packed.offsets, members, strict=True)
        tiles = tuple((offset, member.size_bytes) for offset, member in places)[len(told) :]
        part = Part(key="", size_bytes=packed.size_bytes, open=packed.chunks)
        return Written(parts=(part,), tiles=tiles)

    def _tile_members(self) -> Iterator[Member]:
        for spool, number, name in self._named_tiles():
            tile = spool.tiles[number]
            yield Member(
                name=name, size_bytes=tile.size_bytes, crc32=tile.crc32, open=partial(spool.tile, number)
            )

    def _tile_extents(self) -> Iterator[tuple[str, Extent]]:
        for spool, number, name in self._named_tiles():
            tile = spool.tiles[number]
            yield name, Extent(tile.size_bytes, _from(spool, tile.offset), is_at_hand=True)

    def _named_tiles(self) -> Iterator[tuple[LevelSpool, int, str]]:
        for level in self._form.stored:
            for number, at in enumerate(level.tile_places()):
                yield self._spools[level.number], number, chunk_name(self._form, level, at)

    def _as_shards(self, told: Sequence[tuple[str, bytes]]) -> Written:
        parts, tiles = [], []
        for name, shard in self._named_shards():
            parts.append(Part(key=f"/{name}", size_bytes=shard.size_bytes, open=shard.chunks))
            tiles += shard.tiles
        # The root comes last: without it nobody sees an image.
        documents = [
            Part(key=f"/{name}", size_bytes=len(data), open=partial(_once, data))
            for name, data in reversed(told)
        ]
        return Written(parts=(*parts, *documents), tiles=tuple(tiles))

    def _shard_extents(self) -> Iterator[tuple[str, Extent]]:
        for name, shard in self._named_shards():
            yield name, Extent(shard.size_bytes, shard.read, is_at_hand=True)

    def _named_shards(self) -> Iterator[tuple[str, Shard]]:
        for level in self._form.stored:
            yield from self._shards[level.number].over(self._spools[level.number])


def read_array(array: Any, form: Form, at: Zyx, size: Zyx) -> NDArray[Any]:
    """A box of a stored array, its axes in the order (z, y, x, channels)."""
    found = np.asarray(array[_box(form, at, size)])
    last = found if "c" not in form.axes else np.moveaxis(found, 0, -1)
    return last.reshape(*size, len(form.channels))


def _box(form: Form, at: Zyx, size: Zyx) -> tuple[slice, ...]:
    box = {axis: slice(begin, begin + count) for axis, begin, count in zip("zyx", at, size, strict=True)}
    return tuple(box.get(axis, slice(None)) for axis in form.axes)


def _along(form: Form, pixels: Block) -> Block:
    """A view of (z, y, x, channels) in the order of `axes`."""
    if form.is_volume:
        return pixels[..., 0]
    return np.moveaxis(pixels if "z" in form.axes else pixels[0], -1, 0)


def chunk_name(form: Form, level: Level, at: Zyx) -> str:
    """The key of a tile (or of a shard, by the shard's own place)."""
    places = {"c": 0, "z": at[0], "y": at[1], "x": at[2]}
    return f"{ome_metadata.array_path(level)}/c/{'/'.join(str(places[axis]) for axis in form.axes)}"


def _tiles(level: Level, block: Block) -> Iterator[Block]:
    """The tiles of a band in the order of the grid, those at the edge as small as they are."""
    _, high, wide = level.tile
    for y in range(0, block.shape[1], high):
        for x in range(0, block.shape[2], wide):
            yield block[:, y : y + high, x : x + wide]


def _filled(level: Level, tile: Block) -> Tile:
    """A whole tile: Zarr stores those at the edge in full size, filled up with zeros."""
    if tile.shape[:3] == level.tile:
        return np.ascontiguousarray(tile)
    whole = np.zeros((*level.tile, tile.shape[3]), tile.dtype)
    whole[: tile.shape[0], : tile.shape[1], : tile.shape[2]] = tile
    return whole


def _document(name: str, data: bytes) -> Member:
    return Member(name=name, size_bytes=len(data), crc32=zlib.crc32(data), open=partial(_once, data))


def _once(data: bytes) -> Iterator[bytes]:
    yield data


def _extent_of(data: bytes) -> Extent:
    return Extent(len(data), lambda start, length: data[start : start + length], is_at_hand=True)


def _from(spool: LevelSpool, offset: int) -> Callable[[int, int], bytes]:
    return lambda start, length: spool.read(offset + start, length)
