"""The second form: a TileDB group per image, a dense array per level, opened by `tiledb` as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import tiledb
from numpy.typing import NDArray

from archive.collection import ome_metadata
from archive.collection.interface import Facts, Part, Written
from archive.collection.ome_zarr import read_array
from archive.collection.pyramid import Block
from archive.collection.scratch import ScratchFolder
from archive.collection.shapes import Form, Level, Zyx

NEEDS = "tiledb"
_ATTRIBUTE = "intensity"
_AT_ONCE_BYTES = 96 * 2**20
"""Pixels in one fragment: each is two objects more, and memory while it is written."""
_PIECE_BYTES = 8 * 2**20
_LAST = ("__commits", "__group", "__meta")
"""What makes the rest visible."""


class TileDBWriter:
    """An `ImageArrayWriter` that collects bands until they make a fragment worth its objects."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._scratch = ScratchFolder()
        self._folder = self._scratch.path
        self._waiting: dict[int, list[tuple[Zyx, Block]]] = {level.number: [] for level in form.stored}
        for level in form.stored:
            tiledb.Array.create(str(self._array(level)), _schema(form, level))

    def write(self, level: Level, at: Zyx, block: Block) -> None:
        waiting = self._waiting[level.number]
        if waiting and waiting[0][0][0] != at[0] and not self._form.is_volume:
            self._flush(level)  # the next page
        self._waiting[level.number].append((at, block))
        if sum(part.nbytes for _, part in self._waiting[level.number]) >= _AT_ONCE_BYTES:
            self._flush(level)

    def finish(self) -> None:
        for level in self._form.stored:
            self._flush(level)

    def read(self, level: Level, at: Zyx, size: Zyx) -> NDArray[Any]:
        with tiledb.open(str(self._array(level))) as array:
            return read_array(_Attribute(array), self._form, at, size)

    def written(self, facts: Facts) -> Written:
        root = str(self._folder)
        tiledb.Group.create(root)
        with tiledb.Group(root, "w") as group:
            for level in self._form.stored:
                group.add(self._array(level).name, self._array(level).name, relative=True)
            group.meta["ome"] = json.dumps(ome_metadata.ome(self._form))
            group.meta[ome_metadata.OURS] = json.dumps(dict(facts))
        return Written(parts=tuple(self._parts()), tiles=())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.close()

    def _array(self, level: Level) -> Path:
        return self._folder / array_name(level)

    def _flush(self, level: Level) -> None:
        waiting = self._waiting[level.number]
        if not waiting:
            return
        (z, y, _), _ = waiting[0]
        parts = [_as_stored(self._form, part) for _, part in waiting]
        axis = self._form.axes.index("z" if self._form.is_volume else "y")
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        # Joined and brought into the array's order in one step: a band of a wide image is 120 MB, and
        # TileDB makes copies of its own.
        block = np.concatenate(parts, axis, out=np.empty(shape, parts[0].dtype))
        parts.clear()
        waiting.clear()
        begins = [{"z": z, "y": y}.get(name, 0) for name in self._form.axes]
        box = tuple(slice(begin, begin + count) for begin, count in zip(begins, shape, strict=True))
        with tiledb.open(str(self._array(level)), "w") as array:
            array[box] = block

    def _parts(self) -> Iterator[Part]:
        files = [path for path in self._folder.rglob("*") if path.is_file()]
        # What makes an array visible comes after its data, what makes the group visible at the very end.
        for path in sorted(files, key=lambda path: (_rank(path.relative_to(self._folder)), path)):
            size = path.stat().st_size
            yield Part(key=f"/{path.relative_to(self._folder)}", size_bytes=size, open=_reading(path))


class _Attribute:
    """An open array that gives its only attribute when it is sliced."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __getitem__(self, box: tuple[slice, ...]) -> Any:
        found = self._array[box]
        return found[_ATTRIBUTE] if isinstance(found, dict) else found


def array_name(level: Level) -> str:
    """Of a level, in its group."""
    return f"scale{level.number}"


def read_tiledb(
    url: str, form: Form, level: Level, at: Zyx, size: Zyx, *, config: Mapping[str, str]
) -> NDArray[Any]:
    """A box of a level of the image at `url`."""
    with tiledb.open(f"{url}/{array_name(level)}", ctx=tiledb.Ctx(dict(config))) as array:
        return read_array(_Attribute(array), form, at, size)


def _schema(form: Form, level: Level) -> tiledb.ArraySchema:
    filters = [tiledb.ZstdFilter(level=3)]
    if form.item_bytes > 1:
        filters.insert(0, tiledb.ByteShuffleFilter())
    sizes = zip(form.axes, form.shape(level), form.chunk(level), strict=True)
    dims = [
        tiledb.Dim(name=axis, domain=(0, size - 1), tile=min(tile, size), dtype=np.uint32)
        for axis, size, tile in sizes
    ]
    return tiledb.ArraySchema(
        domain=tiledb.Domain(*dims),
        attrs=[tiledb.Attr(name=_ATTRIBUTE, dtype=np.dtype(form.dtype), filters=tiledb.FilterList(filters))],
        # Channels beside one another compress best: the first axis then runs fastest.
        cell_order="row-major" if form.is_volume else "col-major",
        tile_order="row-major",
    )


def _as_stored(form: Form, block: Block) -> Block:
    """From (z, y, x, channels) to the order of `axes`."""
    if form.is_volume:
        return block[..., 0]
    return np.moveaxis(block if "z" in form.axes else block[0], -1, 0)


def _rank(path: Path) -> int:
    return 2 if len(path.parts) <= 2 else 1 if any(part in _LAST for part in path.parts) else 0


def _reading(path: Path) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece

    return chunks
