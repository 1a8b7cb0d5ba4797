"""Arrow arrays out of Python values are what pyarrow itself makes of them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.arrays import maps, no_rows, python_values, real_numbers, texts, whole_numbers
from holdings.catalogue.index import index_schema

TERMS = pa.map_(pa.string(), pa.field("value", pa.string(), nullable=False))
NO_SURROGATES = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.none() | NO_SURROGATES))
def test_texts(values: list[str | None]) -> None:
    _same(texts(values), values, pa.string())


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_whole_numbers(values: list[int | None]) -> None:
    _same(whole_numbers(values), values, pa.int64())


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_real_numbers(values: list[float | None]) -> None:
    _same(real_numbers(values), values, pa.float64())


@given(st.lists(st.lists(st.tuples(NO_SURROGATES, NO_SURROGATES))))
def test_maps(values: list[list[tuple[str, str]]]) -> None:
    _same(maps(values, TERMS), values, TERMS)


@given(
    st.sampled_from([pa.string(), pa.int64(), pa.float64(), TERMS]),
    st.data(),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_values_come_back(kind: pa.DataType, data: st.DataObject, start: int, less: int) -> None:
    values = {
        pa.string(): NO_SURROGATES,
        pa.int64(): st.integers(-(2**63), 2**63 - 1),
        pa.float64(): st.floats(allow_nan=False),
        TERMS: st.dictionaries(NO_SURROGATES, NO_SURROGATES, max_size=2),
    }[kind]
    maybe = values if data.draw(st.booleans()) else st.none() | values
    chunks = data.draw(st.lists(st.lists(maybe, max_size=6), max_size=3))
    whole = pa.chunked_array([pa.array(chunk, kind) for chunk in chunks], kind)
    column = whole.slice(min(start, len(whole)), max(0, len(whole) - start - less))
    assert python_values(column) == column.to_pylist(maps_as_pydicts="strict")


def test_no_rows() -> None:
    assert no_rows(index_schema()).equals(index_schema().empty_table())


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        texts(["\ud800"])


def test_nobody_loads_pandas_to_write_and_to_search_an_index() -> None:
    """It takes longer to load than a small deposit takes in all."""
    program = """
import pathlib, sys
from holdings.catalogue.index import index_bytes, read_index
from holdings.catalogue.index_lookup import Lookup
from holdings.catalogue.index_reading import engine
from holdings.records import Image
fields = dict(path="a", size_bytes=1, sha256="0" * 64, media_type="image/tiff", width_px=1, height_px=1)
image = Image(image_id="x-0.1", package_id="x-0", object_key="bag.tar", offset=0, terms={"a": "b"}, **fields)
assert read_index(index_bytes([image])) == [image]
engine()
Lookup(pathlib.Path('nowhere')).packages()
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def _same(made: pa.Array, values: list[Any], kind: pa.DataType) -> None:
    made.validate(full=True)
    assert made.equals(pa.array(values, kind))


def test_pandas_is_not_loaded_to_ask_it_and_is_served_when_it_is_there() -> None:
    program = """
import sys
from datetime import UTC, datetime
from holdings.arrays import spare_pandas
spare_pandas()
import pyarrow as pa
moments = pa.array([datetime(2026, 3, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
assert moments.to_pylist()[0].year == 2026
assert "pandas" not in sys.modules
import pandas as pd
assert pa.Table.from_pandas(pd.DataFrame({"a": [1.5, 2]})).column("a").to_pylist() == [1.5, 2]
assert pa.array(pd.Series(["x", None])).null_count == 1
"""
    subprocess.run([sys.executable, "-c", program], check=True)
