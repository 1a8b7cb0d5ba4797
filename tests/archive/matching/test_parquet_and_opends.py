from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from archive.matching import json_documents
from archive.matching.reading import read_metadata
from holdings.errors import BadInput
from tests.archive.matching.building import codes, match, rows, write_bytes

SPECIMEN = {
    "@id": "https://doi.org/10.3535/AAA-BBB-CCC",
    "@type": "ods:DigitalSpecimen",
    "dcterms:identifier": "https://doi.org/10.3535/AAA-BBB-CCC",
    "ods:physicalSpecimenID": "https://x.org/specimen/ZMA.VER.207014",
    "ods:isKnownToContainMedia": True,
    "ods:hasIdentifiers": [
        {
            "dcterms:title": "dwc:catalogNumber",
            "dcterms:type": "Local",
            "dcterms:identifier": "ZMA.VER.207014",
        }
    ],
    "ods:hasIdentifications": [{"ods:hasTaxonIdentifications": [{"dwc:scientificName": "Nais josinae"}]}],
    "ods:hasEvents": [{"ods:hasLocation": {"dwc:country": "Netherlands"}}, {}],
}
MEDIUM = {
    "@type": "ods:DigitalMedia",
    "dcterms:identifier": "https://doi.org/10.3535/MMM-MMM-MMM",
    "ac:accessURI": "https://x.org/a.jpg",
    "exif:PixelXDimension": 1920,
    "ac:tag": ["Herbarium", "Leaf"],
    "ods:hasEntityRelationships": [
        {
            "dwc:relationshipOfResource": "hasDigitalSpecimen",
            "dwc:relatedResourceURI": "https://doi.org/10.3535/AAA-BBB-CCC",
        }
    ],
}


def _json(folder: Path, value: Any) -> Path:
    return write_bytes(folder / "o.json", json.dumps(value))


def test_specimen_and_medium(tmp_path: Path) -> None:
    records = read_metadata(_json(tmp_path, [SPECIMEN, MEDIUM]))
    specimen, medium = rows(records)
    assert specimen["dwc:catalogNumber"] == medium["dwc:catalogNumber"] == "ZMA.VER.207014"
    assert medium["dwc:scientificName"] == "Nais josinae"
    assert medium["exif:PixelXDimension"] == "1920"
    assert medium["ac:tag"] == "Herbarium | Leaf"
    assert "dwc:country" not in specimen
    assert codes(records.findings) == ["several-not-read"]
    matching = match(["a.jpg", "ZMA.VER.207014.tif"], records)
    assert [(found.record, found.by) for found in matching.matched] == [
        (1, "accessURI"),
        (0, "catalogNumber"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        SPECIMEN,
        MEDIUM,
        {"data": {"id": "x", "type": "t", "attributes": SPECIMEN}},
        {"data": [{"attributes": MEDIUM}]},
        {**SPECIMEN, "": "a term without a name"},
        {"digitalSpecimen": SPECIMEN, "digitalMedia": [{"ac:accessUri": "https://x.org/a.jpg"}]},
    ],
)
def test_envelopes(tmp_path: Path, value: Any) -> None:
    records = read_metadata(_json(tmp_path, value))
    assert match(["a.jpg", "ZMA.VER.207014.tif"], records).matched


_REFUSED = {
    "nested_brackets": ("[" * 100_000, "not valid JSON"),
    "not_json": ("{'a': 1}", "not valid JSON"),
    "infinity": ('[{"dwc:year": Infinity}]', "not valid JSON"),
    "long_number": ("[" + "9" * 5000 + "]", "where an openDS document should be"),
    "no_document": ("[1]", "where an openDS document should be"),
    "other_json": ('{"a": 1}', "neither a digital specimen nor a digital medium"),
    "half_a_character": ('{"dwc:catalogNumber": "\\ud800"}', "half a character"),
    "behind_its_end": ('[{"dwc:year": 1}] x', "something stands behind its end"),
    "list_cut_short": ('[{"dwc:year": 1}, ', "not valid JSON"),
    "deep_envelope": ('{"data":' * 50 + "1" + "}" * 50, "nests its documents"),
}


@pytest.mark.parametrize("wrong", _REFUSED)
def test_json_refused(tmp_path: Path, wrong: str) -> None:
    text, sentence = _REFUSED[wrong]
    with pytest.raises(BadInput, match=sentence) as caught:
        read_metadata(write_bytes(tmp_path / "o.json", text))
    assert "o.json" in caught.value.sentence


def test_a_long_list_is_read_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_documents, "_READ_CHARACTERS", 7)
    monkeypatch.setattr(json_documents, "MAX_JSON_CHARACTERS", 3000)
    documents = [SPECIMEN, *({"dwc:catalogNumber": f"BM{number}"} for number in range(1000))]
    records = read_metadata(_json(tmp_path, documents))
    assert len(records) == 1001
    assert records.terms(1000) == {"dwc:catalogNumber": "BM999"}
    with pytest.raises(BadInput, match="document of more than 3,000 characters"):
        read_metadata(_json(tmp_path, {"data": documents}))


def test_parquet_becomes_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "catalogNumber": pa.array([1, 2]),
            "http://rs.tdwg.org/ac/terms/accessURI": ["https://x.org/a.jpg", ""],
            "tags": pa.array([["a"], []]),
        }
    )
    pq.write_table(table, tmp_path / "p.data")
    records = read_metadata(tmp_path / "p.data")
    assert rows(records) == [
        {"dwc:catalogNumber": "1", "ac:accessURI": "https://x.org/a.jpg"},
        {"dwc:catalogNumber": "2"},
    ]
    assert codes(records.findings) == ["column-not-read"]
    assert records.where(1) == "p.data, row 2"


def test_parquet_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a Parquet file that can be read"):
        read_metadata(write_bytes(tmp_path / "p.parquet", b"PAR1" + b"\x00" * 40 + b"PAR1"))
    wide = pa.table({f"c{number}": pa.array([1]) for number in range(5001)})
    pq.write_table(wide, tmp_path / "wide.parquet")
    with pytest.raises(BadInput, match="5,001 columns"):
        read_metadata(tmp_path / "wide.parquet")


def test_parquet_whose_text_is_none(tmp_path: Path) -> None:
    data = pa.array([b"\xff\xfe"])
    text = pa.Array.from_buffers(pa.string(), 1, data.buffers())
    pq.write_table(pa.table({"catalogNumber": text}), tmp_path / "p.parquet")
    with pytest.raises(BadInput, match="not a Parquet file that can be read") as caught:
        read_metadata(tmp_path / "p.parquet")
    assert "\n" not in caught.value.sentence


def test_parquet_that_unfolds_to_terabytes(tmp_path: Path) -> None:
    indices = pa.array([0] * 4_000_000, pa.int32())
    text = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * 500_000]))
    pq.write_table(pa.table({"catalogNumber": text}), tmp_path / "bomb.parquet")
    likes = pa.table({"catalogNumber": ["x" * 400_000] * 5000})
    pq.write_table(
        likes, tmp_path / "likes.parquet", use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY"
    )
    for name in ("bomb.parquet", "likes.parquet"):
        with pytest.raises(BadInput, match="would unfold to more than"):
            read_metadata(tmp_path / name)


def test_parquet_with_names_that_differ_by_case_and_a_path_with_a_bracket(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"Box": ["1"], "box": ["2"], "catalogNumber": ["BM1"]}), tmp_path / "[1]*.parquet"
    )
    records = read_metadata(tmp_path / "[1]*.parquet")
    assert rows(records) == [{"Box": "1", "box (column 2)": "2", "dwc:catalogNumber": "BM1"}]
