"""The two tables hold the same, exactly as it was given."""

from __future__ import annotations

import csv
import io

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from archive.describing.interface import Contents
from archive.describing.tables import Records, csv_bytes, parquet_bytes
from tests.archive.describing.building import contents, image, matched, odd_contents, sidecar


def from_parquet(made: Contents) -> list[list[str | None]]:
    table = pq.read_table(io.BytesIO(parquet_bytes(Records.of(made))))
    return [
        table.column_names,
        *map(list, zip(*(column.to_pylist() for column in table.columns), strict=True)),
    ]


def from_csv(made: Contents) -> list[list[str | None]]:
    rows = csv.reader(io.StringIO(csv_bytes(Records.of(made)).decode(), newline=""), strict=True)
    return [[cell or None for cell in row] for row in rows]


def test_both_hold_the_same_in_the_documented_order() -> None:
    made = odd_contents()
    rows = from_csv(made)
    assert rows == from_parquet(made)
    assert rows[0] == [
        *("path", "specimen", "matched_by", "record"),
        *("@type", "ac:caption", "dcterms:creator", "dcterms:license", "dwc:basisOfRecord"),
        *("dwc:catalogNumber", "dwc:lo cal", "dwc:scientificName", "foo bar:baz"),
        *("path (record) (record)", "path (record)"),
    ]
    assert len(rows) == 1 + 14, "a row per image, none for the sidecar"


def test_values_are_exact() -> None:
    made = contents(
        [image("a.jpg"), image("b.jpg"), sidecar("c.txt")],
        matched={"a.jpg": matched("7", {"dwc:recordedBy": "=1+1", "dwc:locality": ' "x",\r\ny\r'})},
    )
    assert csv_bytes(Records.of(made)) == (
        b"path,specimen,matched_by,record,dwc:locality,dwc:recordedBy\r\n"
        b'a.jpg,7,catalogNumber,"records.csv, line 2"," ""x"",\r\ny\r",=1+1\r\n'
        b"b.jpg,,,,,\r\n"
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.dictionaries(TEXT, TEXT, max_size=4), st.dictionaries(TEXT, TEXT, min_size=1, max_size=4))
def test_any_names_and_values_come_back(first: dict[str, str], second: dict[str, str]) -> None:
    made = contents(
        [image("a.jpg"), image("b.jpg")],
        matched={"a.jpg": matched(None, first), "b.jpg": matched("1", second)},
    )
    rows = from_csv(made)
    assert rows == from_parquet(made)
    names = rows[0]
    assert len(set(names)) == len(names) == 4 + len(first.keys() | second.keys())
    for row, terms in zip(rows[1:], (first, second), strict=True):
        assert sorted(filter(None, row[4:])) == sorted(terms.values())


def test_only_records_of_this_bag_count() -> None:
    made = contents([image("a.jpg")], matched={"elsewhere.jpg": matched("1", {"dwc:country": "Peru"})})
    assert not Records.of(made).matched
