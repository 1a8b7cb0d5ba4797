from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.matching.reading import read_metadata
from holdings.errors import BadInput
from tests.archive.matching.building import codes, column, columns, rows, said, write_bytes
from tests.kit.shared import shared_data

_TEXT = "catalogNumber,recordedBy\nBM1,Müller\n"


@pytest.mark.parametrize(
    ("codec", "told"),
    [
        ("utf-8", []),
        ("utf-8-sig", ["t.csv is read as UTF-8 with a byte order mark."]),
        ("utf-16", ["t.csv is read as UTF-16."]),
        ("utf-16-le", ["t.csv is read as UTF-16 without a byte order mark."]),
        ("utf-16-be", ["t.csv is read as UTF-16 without a byte order mark."]),
        ("cp1252", ["t.csv is read as Windows-1252, since it is not utf-8: see line 2."]),
    ],
)
def test_encodings_are_found_and_told(tmp_path: Path, codec: str, told: list[str]) -> None:
    records = read_metadata(write_bytes(tmp_path / "t.csv", _TEXT.encode(codec)))
    assert rows(records) == [{"dwc:catalogNumber": "BM1", "dwc:recordedBy": "Müller"}]
    assert said(records.findings, "encoding") == told


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    text = f'catalogNumber{delimiter}locality\r\nBM1{delimiter}"by, the; river|side\tof it"\r\n'
    records = read_metadata(write_bytes(tmp_path / "t.txt", text))
    assert rows(records) == [{"dwc:catalogNumber": "BM1", "dwc:locality": "by, the; river|side\tof it"}]


def test_ragged_rows_are_named_by_their_line(tmp_path: Path) -> None:
    text = 'catalogNumber,locality\n1,"a\nb"\n2\n\n3,c,d\n4,e\n'
    records = read_metadata(write_bytes(tmp_path / "t.csv", text))
    assert column(records, "dwc:catalogNumber") == ["1", "4"]
    assert said(records.findings, "ragged-row") == [
        "t.csv, line 4 has 1 fields where the table has 2; it is not used.",
        "t.csv, line 6 has 3 fields where the table has 2; it is not used.",
    ]
    assert [records.where(index) for index in range(2)] == ["t.csv, line 2", "t.csv, line 7"]


def test_rows_with_broken_quoting_are_named_and_empty_ones_are_none(tmp_path: Path) -> None:
    text = 'catalogNumber,label\n1,"a"b\n2,"say ""ah"""\n,\n3,c "d" e\n'
    records = read_metadata(write_bytes(tmp_path / "t.csv", text))
    assert column(records, "label") == ['say "ah"', 'c "d" e']
    assert [records.where(index) for index in range(2)] == ["t.csv, line 3", "t.csv, line 5"]
    [sentence] = said(records.findings, "broken-row")
    assert sentence.startswith("t.csv, line 2 cannot be read as a row")


def test_repeated_headers_lose_nothing(tmp_path: Path) -> None:
    text = "Catalogue no,catalogNumber,CATALOG_NUMBER,,Box,box\n1,2,3,4,5,6\n"
    records = read_metadata(write_bytes(tmp_path / "t.csv", text))
    assert rows(records) == [
        {
            "Catalogue no (column 1)": "1",
            "dwc:catalogNumber": "2",
            "CATALOG_NUMBER (column 3)": "3",
            "(column 4)": "4",
            "Box": "5",
            "box (column 6)": "6",
        }
    ]
    assert codes(records.findings).count("column-repeated") == 4


def test_awkward_headers() -> None:
    records = read_metadata(shared_data("specimens", "nhm-pinned", "multiple.csv"))
    assert columns(records) == [
        "dwc:catalogNumber",
        "dcterms:license",
        "ac:accessURI",
        "Object type",
        "dcterms:rightsHolder",
        "Institution URL",
        "dwc:higherClassification",
        "Person name",
        "Person identifier",
    ]


def test_icedig_benchmark() -> None:
    records = read_metadata(shared_data("metadata", "icedig-herbarium-benchmark.csv"))
    assert len(records) == 1800
    assert len(columns(records)) == 117
    assert "ragged-row" not in codes(records.findings)


_REFUSED: dict[str, tuple[str | bytes, str]] = {
    "million_columns": (",".join(f"c{number}" for number in range(1_000_000)) + "\n", "line 1 .* 5,000"),
    "columns_of_a_matrix": (",".join(f"c{number}" for number in range(20_000)) + "\n", "20,000 columns"),
    "open_quotation_mark": ('a,b\n1,"' + "x,y\n" * 50_000, "line 2: a field has more than 131,072"),
    "quotation_mark_that_is_never_closed": ('a,b\n1,2\n3,"x\n4,y\n', "line 3: a quotation mark is opened"),
    "huge_line": ("a,b\n" + "a" * (17 * 1024 * 1024), "line 2: a record has more than 1,048,576"),
    "record_of_many_lines": ("a,b\n" + '"x\ny",' * 200_000, "line 2: a record has more than 1,048,576"),
    "nul": (b"a,b\n1,2\n3,\x004\n", "line 3 holds a NUL"),
    "empty": ("", "holds nothing"),
    "neither_encoding": (b"a,b\n1,\xff\x81\n", "neither utf-8 .* nor Windows-1252"),
    "odd_utf16": (b"\xff\xfea\x00,\x00b\x00\n\x00c", "breaks its encoding"),
    "gzip": (b"\x1f\x8b\x08\x00", "compressed with gzip"),
    "jpeg": (b"\xff\xd8\xff\xe0", "is an image"),
    "xml": ("<archive/>", "is XML by itself"),
}


@pytest.mark.parametrize("wrong", _REFUSED)
def test_refused(tmp_path: Path, wrong: str) -> None:
    data, sentence = _REFUSED[wrong]
    with pytest.raises(BadInput, match=sentence) as caught:
        read_metadata(write_bytes(tmp_path / "t.xyz", data))
    assert "t.xyz" in caught.value.sentence


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be opened"):
        read_metadata(tmp_path / "none.csv")


def test_row_of_a_million_fields_is_ragged(tmp_path: Path) -> None:
    records = read_metadata(write_bytes(tmp_path / "t.csv", "a,b\n" + "x," * 500_000 + "\n1,2\n"))
    assert len(records) == 1
    assert "line 2 has 500,001 fields" in said(records.findings, "ragged-row")[0]


_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(
    st.lists(st.lists(_VALUES, min_size=3, max_size=3), max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_round_trip(given_rows: list[list[str]], codec: str) -> None:
    with TemporaryDirectory() as folder:
        text, header = io.StringIO(newline=""), ["dwc:catalogNumber", "dwc:locality", "Box"]
        csv.writer(text).writerows([header, *given_rows])
        path = write_bytes(Path(folder) / "t.csv", text.getvalue().encode(codec))
        read = rows(read_metadata(path))
    assert [[row.get(name, "") for name in header] for row in read] == [row for row in given_rows if any(row)]
