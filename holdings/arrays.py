"""Arrow arrays out of Python values, without pandas.

`pyarrow.array`, and whatever goes through it, first asks pandas whether the values are its own, and
loads it to ask. That takes longer than to bag a few images. Where every value can be laid out by hand,
it is; `spare_pandas` is for the rest.
"""

from __future__ import annotations

import sys
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_BYTES = 2**31 - 1
"""Of all texts of one array together."""
_PAIRS_AT_ONCE = 50_000


class _Absent:
    """Says of pandas, to the thread that made it, that it is not installed."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(name)


def spare_pandas() -> None:
    """Have pyarrow take its one look for pandas at a moment when there is none.

    Nothing is lost: whoever loads pandas later, and hands it to pyarrow, is served as ever.
    """
    import pyarrow as pa  # noqa: PLC0415  # takes long to import; commands without tables do without

    if "pandas" in sys.modules:
        return
    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(absent)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Text; None is null. Raises UnicodeEncodeError for half a character."""
    import pyarrow as pa  # noqa: PLC0415  # takes long to import; commands without tables do without

    there = ["" if value is None else value for value in values]
    text = "".join(there)
    data = text.encode()
    if len(data) > _MOST_BYTES:
        raise ValueError("more text than one array holds")
    lengths = map(len, there if text.isascii() else map(str.encode, there))
    offsets = array("i", accumulate(lengths, initial=0))
    buffers = [_there(values), pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def whole_numbers(values: Sequence[int | None]) -> pa.Array:
    """64 bits; None is null."""
    import pyarrow as pa  # noqa: PLC0415  # as above

    return _numbers(pa.int64(), array("q", (value or 0 for value in values)), values)


def real_numbers(values: Sequence[float | None]) -> pa.Array:
    """64 bits; None is null."""
    import pyarrow as pa  # noqa: PLC0415  # as above

    return _numbers(pa.float64(), array("d", (value or 0.0 for value in values)), values)


def maps(values: Iterable[Iterable[tuple[str, str]]], kind: pa.MapType) -> pa.Array:
    """Pairs of texts, none of which is null; `kind` says what they are called."""
    import pyarrow as pa  # noqa: PLC0415  # as above

    made = [_maps(some, kind) for some in _with_few_pairs(values)]
    return made[0] if len(made) == 1 else pa.concat_arrays(made)


def _with_few_pairs(values: Iterable[Iterable[tuple[str, str]]]) -> Iterator[list[list[tuple[str, str]]]]:
    """The same in turn, at least one: of many pairs Python's own lists would take most of the memory."""
    some: list[list[tuple[str, str]]] = []
    pairs = 0
    for each in values:
        some.append(list(each))
        pairs += len(some[-1])
        if pairs > _PAIRS_AT_ONCE:
            yield some
            some, pairs = [], 0
    yield some


def _maps(pairs: list[list[tuple[str, str]]], kind: pa.MapType) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415  # as above

    flat = [pair for each in pairs for pair in each]
    entries = pa.StructArray.from_arrays(
        [texts([key for key, _ in flat]), texts([value for _, value in flat])],
        fields=[kind.key_field, kind.item_field],
    )
    offsets = pa.py_buffer(array("i", accumulate(map(len, pairs), initial=0)))
    return pa.Array.from_buffers(kind, len(pairs), [None, offsets], children=[entries])


def python_values(column: pa.ChunkedArray) -> list[Any]:
    """What `to_pylist` gives, maps as dicts; texts and what is not there in a fifth of the time."""
    return [value for chunk in column.chunks for value in _values(chunk)]


def _values(chunk: pa.Array) -> Sequence[Any]:
    import pyarrow as pa  # noqa: PLC0415  # as above

    if chunk.null_count == len(chunk):
        return [None] * len(chunk)
    if pa.types.is_string(chunk.type) and not chunk.null_count:
        return _texts(chunk)
    if pa.types.is_map(chunk.type) and not chunk.null_count and not len(chunk.keys):
        return [{} for _ in range(len(chunk))]
    return chunk.to_pylist(maps_as_pydicts="strict")  # type: ignore[no-any-return]


def _texts(chunk: pa.StringArray) -> list[str]:
    _, offsets, data = chunk.buffers()
    places = memoryview(offsets).cast("i")[chunk.offset : chunk.offset + len(chunk) + 1].tolist()
    raw = memoryview(data)[: places[-1]].tobytes() if data else b""
    if raw.isascii():
        text = raw.decode()
        return [text[start:end] for start, end in pairwise(places)]
    return [raw[start:end].decode() for start, end in pairwise(places)]


def no_rows(schema: pa.Schema) -> pa.Table:
    """An empty table."""
    import pyarrow as pa  # noqa: PLC0415  # as above

    return pa.Table.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


def _numbers(kind: pa.DataType, data: array[int] | array[float], values: Sequence[object]) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415  # as above

    return pa.Array.from_buffers(kind, len(values), [_there(values), pa.py_buffer(data)])


def _there(values: Sequence[object]) -> pa.Buffer | None:
    """A bit for each value that is there, the first one lowest; None where all of them are."""
    import pyarrow as pa  # noqa: PLC0415  # as above

    if None not in values:
        return None
    # As one number in base 2, whose last digit is the first value.
    digits = "".join(["0" if value is None else "1" for value in reversed(values)])
    return pa.py_buffer(int(digits, 2).to_bytes(-(-len(values) // 8), "little"))
