"""What people and programs do to tables, a line each: what is read of it, or the sentence that refuses it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.matching.reading import read_metadata
from holdings.errors import BadInput

NUMBER, COUNTRY = "dwc:catalogNumber", "dwc:country"
TABLE = "catalogNumber,country\nA1,Perú\nA2,Chile\n"
BOTH = [{NUMBER: "A1", COUNTRY: "Perú"}, {NUMBER: "A2", COUNTRY: "Chile"}]
FIRST = BOTH[:1]
HEAD = b"catalogNumber,country\n"


def zipped(**members: str | bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for name, data in members.items():
            opened.writestr(name.replace("_", "."), data)
    return target.getvalue()


def described(
    *,
    location: str = "o.txt",
    ends: str = "\\t",
    encoding: str = "UTF-8",
    head: str = "",
    skip: str = "1",
    fields: str = "1 catalogNumber 2 country",
) -> str:
    """A meta.xml."""
    parts = fields.split()
    named = "".join(
        f'<field index="{index}" term="http://rs.tdwg.org/dwc/terms/{term}"/>'
        for index, term in zip(parts[::2], parts[1::2], strict=True)
    )
    return (
        f'<?xml version="1.0"?>{head}<archive xmlns="http://rs.tdwg.org/dwc/text/">'
        f'<core encoding="{encoding}" fieldsTerminatedBy="{ends}" linesTerminatedBy="\\n" fieldsEnclosedBy=""'
        f' ignoreHeaderLines="{skip}" rowType="http://rs.tdwg.org/dwc/terms/Occurrence">'
        f'<files><location>{location}</location></files><id index="0"/>{named}</core></archive>'
    )


CORE = "id\tcatalogNumber\tcountry\n1\tA1\tPerú\n2\tA2\tChile\n"


def archive(core: str | bytes = CORE, **how: str) -> bytes:
    return zipped(meta_xml=described(**how), o_txt=core)


def parquet(**columns: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


WHOLE = parquet(catalogNumber=["A1"], country=["Perú"])
SPECIMEN: dict[str, Any] = {"ods:physicalSpecimenID": "A1", "dwc:country": "Perú"}

READ: dict[str, tuple[bytes, list[dict[str, str]], set[str]]] = {
    "utf16.csv": (TABLE.encode("utf-16"), BOTH, {"encoding"}),
    "utf16-without-mark.csv": (TABLE.encode("utf-16-le"), BOTH, {"encoding"}),
    "utf32.csv": (TABLE.encode("utf-32"), BOTH, {"encoding"}),
    "windows.csv": (TABLE.encode("cp1252"), BOTH, {"encoding"}),
    "byte-order-mark.csv": (TABLE.encode("utf-8-sig"), BOTH, {"encoding"}),
    "semicolons.csv": (TABLE.replace(",", ";").encode(), BOTH, {"delimiter"}),
    "bars.csv": (TABLE.replace(",", "|").encode(), BOTH, {"delimiter"}),
    "said-by-excel.csv": (b"sep=;\r\n" + TABLE.replace(",", ";").encode(), BOTH, {"delimiter"}),
    "old-mac.csv": (TABLE.replace("\n", "\r").encode(), BOTH, set()),
    "tabs.tsv": (TABLE.replace(",", "\t").encode(), BOTH, set()),
    "blank-lines.csv": (b"\n\n" + TABLE.replace("\n", "\n\n").encode(), BOTH, set()),
    "header-over-lines.csv": (b'"catalog\nNumber",country\nA1,x\n', [{NUMBER: "A1", COUNTRY: "x"}], set()),
    "quotes.csv": (HEAD + b'"A1","a ""q"", b"\n', [{NUMBER: "A1", COUNTRY: 'a "q", b'}], set()),
    "inches.csv": (HEAD + b'A1,5" pot\n', [{NUMBER: "A1", COUNTRY: '5" pot'}], set()),
    "formula.csv": (HEAD + b"=1+1,@x\n", [{NUMBER: "=1+1", COUNTRY: "@x"}], set()),
    "end-of-dos.csv": (TABLE.encode() + b"\x1a", BOTH, {"ragged-row"}),
    "ragged.csv": (HEAD + b"A1\nA2,x,y\nA3,z\n", [{NUMBER: "A3", COUNTRY: "z"}], {"ragged-row"}),
    "comma-at-the-end.csv": (
        b"catalogNumber,country,\nA1,x,\n",
        [{NUMBER: "A1", COUNTRY: "x"}],
        {"column-repeated"},
    ),
    "header-twice.csv": (
        b"catalogNumber,catalogNumber\nA1,A2\n",
        [{NUMBER: "A1", "catalogNumber (column 2)": "A2"}],
        {"column-repeated"},
    ),
    "header-empty.csv": (
        b"catalogNumber,\nA1,x\n",
        [{NUMBER: "A1", "(column 2)": "x"}],
        {"column-repeated"},
    ),
    "header-only.csv": (HEAD, [], set()),
    "number-twice.csv": (HEAD + b"A1,x\nA1,y\n", [{NUMBER: "A1", COUNTRY: v} for v in "xy"], set()),
    "archive.zip": (archive(), [{"dwca:ID": str(n), **row} for n, row in enumerate(BOTH, 1)], set()),
    "not-as-declared.zip": (
        archive(CORE.encode("latin-1")),
        [{"dwca:ID": str(n), **row} for n, row in enumerate(BOTH, 1)],
        {"encoding"},
    ),
    "wrong-delimiter.zip": (
        archive(ends=","),
        [{"dwca:ID": "1\tA1\tPerú"}, {"dwca:ID": "2\tA2\tChile"}],
        {"row-ends-early"},
    ),
    "one-column-for-two-terms.zip": (
        archive(fields="1 catalogNumber 1 country"),
        [{"dwca:ID": f"{n}", NUMBER: f"A{n}", COUNTRY: f"A{n}"} for n in (1, 2)],
        set(),
    ),
    "nested.parquet": (parquet(catalogNumber=["A1"], n=[[1, 2]]), [{NUMBER: "A1"}], {"column-not-read"}),
    "numbers.parquet": (
        parquet(catalogNumber=[1, 2], country=[True, None]),
        [{NUMBER: "1", COUNTRY: "true"}, {NUMBER: "2"}],
        set(),
    ),
    "dictionary.parquet": (
        parquet(catalogNumber=pa.array(["A1", "A1"]).dictionary_encode()),
        [{NUMBER: "A1"}] * 2,
        set(),
    ),
    "no-rows.parquet": (parquet(catalogNumber=pa.array([], pa.string())), [], set()),
    "as-written.json": (
        b'{"ods:physicalSpecimenID": "A1", "dwc:decimalLatitude": 52.10, "dwc:day": 1e999, "dwc:year": '
        + b"9" * 5000
        + b"}",
        [
            {
                "ods:physicalSpecimenID": "A1",
                "dwc:decimalLatitude": "52.10",
                "dwc:day": "1e999",
                "dwc:year": "9" * 5000,
            }
        ],
        set(),
    ),
}
NO_XML_ENTITIES = "line 1 declares a document type or an entity"
REFUSED: dict[str, tuple[bytes, str]] = {
    "nul.csv": (HEAD + b"A1,\0\n", "line 2 holds a NUL character"),
    "unclosed.csv": (HEAD + b'A1,"x\nA2,y\n', "line 2: a quotation mark is opened and never closed"),
    "half.xlsx": (b"PK\x03\x04" + bytes(100), "is not a zip that can be read"),
    "nothing.csv": (b"\xef\xbb\xbf\n\n", "holds nothing"),
    "page.csv": (b"<html><body>404</body></html>", "is XML by itself"),
    "missing.zip": (archive(location="none.txt"), "'none.txt', which is not in the archive"),
    "klingon.zip": (archive(encoding="klingon"), "'klingon', which is not one for tables"),
    "laughs.zip": (archive(head='<!DOCTYPE l [<!ENTITY a "a"><!ENTITY b "&a;&a;">]>'), NO_XML_ENTITIES),
    "outside.zip": (
        archive(head='<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        NO_XML_ENTITIES,
    ),
    "elsewhere.zip": (archive(head='<!DOCTYPE archive SYSTEM "http://x.org/a.dtd">'), NO_XML_ENTITIES),
    "absolute.zip": (archive(location="/etc/passwd"), "must name files inside the archive"),
    "address.zip": (archive(location="http://x.org/o.txt"), "must name files inside the archive"),
    "negative.zip": (archive(fields="-1 catalogNumber"), "'-1' is not the number of a column"),
    "far.zip": (archive(fields="999999999999 catalogNumber"), "is not the number of a column"),
    "two-signs.zip": (archive(ends="||"), "reads one character"),
    "no-sign.zip": (archive(ends=""), "reads one character"),
    "no-core.zip": (zipped(meta_xml='<archive xmlns="http://rs.tdwg.org/dwc/text/"/>'), "0 cores"),
    "broken.zip": (zipped(meta_xml="<archive"), "not well-formed XML"),
    "nested.zip": (zipped(a_zip=archive()), "no meta.xml and 0 tables"),
    "cut.parquet": (WHOLE[:-20], "not a Parquet file that can be read"),
    "nothing.parquet": (b"PAR1PAR1", "not a Parquet file that can be read"),
    "encrypted.parquet": (b"PARE" + WHOLE[4:-4] + b"PARE", "encrypted"),
    "nul.parquet": (parquet(catalogNumber=["A\0"]), "row 1 holds a NUL character"),
    "twice.json": (b'{"dwc:x": "1", "dwc:x": "2"}', "'dwc:x' stands twice in one object"),
    "nan.json": (b'{"dwc:x": NaN}', "NaN is not JSON"),
    "deep.json": (b'{"dwc:x": ' + b"[" * 100_000, "not valid JSON"),
    "half-a-character.json": (b'{"dwc:x": "\\ud800"}', "half a character"),
    "nul.json": (b'{"dwc:x": "a\\u0000"}', "document 1 holds a NUL character"),
    "cut.json": (json.dumps(SPECIMEN).encode()[:-3], "not valid JSON"),
    "two.json": (json.dumps(SPECIMEN).encode() * 2, "something stands behind its end"),
    "latin.json": (b'{"dwc:x": "\xe9"}', "not valid JSON in UTF-8"),
    "terms-without-end.json": (
        json.dumps([{f"dwc:x{n}": "1"} for n in range(5001)]).encode(),
        "5,001 columns",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_read(tmp_path: Path, name: str) -> None:
    data, rows, told = READ[name]
    (tmp_path / name).write_bytes(data)
    records = read_metadata(tmp_path / name)
    assert [records.terms(number) for number in range(len(records))] == rows
    assert {finding.code for finding in records.findings} == told


@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path: Path, name: str) -> None:
    data, sentence = REFUSED[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput) as caught:
        read_metadata(tmp_path / name)
    assert sentence in caught.value.sentence
    assert name in caught.value.sentence
    assert caught.value.sentence.count("\n") == 0
    assert caught.value.hint
