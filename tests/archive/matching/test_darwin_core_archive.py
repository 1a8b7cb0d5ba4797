from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from archive.matching.reading import read_metadata
from holdings.errors import BadInput
from tests.archive.matching.building import (
    GOOD,
    META,
    OCCURRENCE,
    codes,
    column,
    columns,
    match,
    said,
    write_bytes,
    write_zip,
)
from tests.kit.shared import shared_data


def test_specimens_then_pictures(tmp_path: Path) -> None:
    records = read_metadata(write_zip(tmp_path / "a.zip", GOOD))
    assert column(records, "dwc:catalogNumber") == ["BM1001", "BM1002", "BM1001", "BM1001", None]
    files = [None, None, "https://x.org/a.jpg", "https://x.org/b.jpg", "https://x.org/c.jpg"]
    assert column(records, "ac:accessURI") == files
    assert column(records, "dcterms:license") == ["CC0", "CC0", "CC BY", "CC BY", None]
    assert column(records, "dwc:institutionCode") == ["BM"] * 4 + [None]
    assert [specimen for _, specimen in records.specimens()] == [0, 1, 0, 0, 4]
    assert records.where(1) == "a.zip: occurrence.txt, line 3"
    assert records.where(4) == "a.zip: media.txt, line 3"
    assert codes(records.findings) == ["picture-without-specimen"]


def test_a_number_leads_to_the_specimen_an_address_to_the_picture(tmp_path: Path) -> None:
    records = read_metadata(write_zip(tmp_path / "a.zip", GOOD))
    matching = match(["a.jpg", "BM1002_x.jpg"], records)
    assert [(found.record, found.by) for found in matching.matched] == [
        (2, "accessURI"),
        (1, "catalogNumber"),
    ]
    assert matching.records_without_image == (3, 4)
    assert "identifier-repeated" not in codes(matching.findings)
    numbered = match(["BM1001_1.jpg", "BM1001_2.jpg"], read_metadata(tmp_path / "a.zip"))
    assert [found.record for found in numbered.matched] == [0, 0]
    assert numbered.records_without_image == (1, 4)


def test_a_picture_does_not_claim_what_its_specimen_names(tmp_path: Path) -> None:
    meta = META.replace("terms/catalogNumber", "terms/associatedMedia")
    text = "id,associatedMedia,license\no1,https://x.org/a.jpg|https://x.org/b.jpg,CC0\n"
    records = read_metadata(write_zip(tmp_path / "a.zip", {**GOOD, "meta.xml": meta, "occurrence.txt": text}))
    assert [found.record for found in match(["a.jpg", "b.jpg"], records).matched] == [1, 2]


def test_folder_as_zip(tmp_path: Path) -> None:
    for name, text in GOOD.items():
        write_bytes(tmp_path / name, text)
    assert len(read_metadata(tmp_path)) == 5


def test_without_meta_xml(tmp_path: Path) -> None:
    records = read_metadata(write_zip(tmp_path / "a.zip", {"x/occ.csv": OCCURRENCE, "eml.xml": "<eml/>"}))
    assert column(records, "dwc:catalogNumber") == ["BM1001", "BM1002"]
    with pytest.raises(BadInput, match=r"no meta\.xml and 2 tables"):
        read_metadata(write_zip(tmp_path / "b.zip", {"a.csv": OCCURRENCE, "b.txt": OCCURRENCE}))


def test_short_rows_are_filled_and_told_long_ones_left_out(tmp_path: Path) -> None:
    text = OCCURRENCE + "o3,BM1003\no4,BM1004,CC0,more\n"
    records = read_metadata(write_zip(tmp_path / "a.zip", {**GOOD, "occurrence.txt": text}))
    assert column(records, "dwc:catalogNumber")[:3] == ["BM1001", "BM1002", "BM1003"]
    assert "line 4 ends after 2 of 3 fields" in said(records.findings, "row-ends-early")[0]
    assert "line 5 has 4 fields" in said(records.findings, "ragged-row")[0]


def test_declared_encoding_that_is_not_true(tmp_path: Path) -> None:
    text = OCCURRENCE.replace("CC0", "Müller").encode("cp1252")
    records = read_metadata(write_zip(tmp_path / "a.zip", {**GOOD, "occurrence.txt": text}))
    assert column(records, "dcterms:license")[0] == "Müller"
    assert "is read as Windows-1252" in said(records.findings, "encoding")[0]


def _meta(old: str, new: str) -> dict[str, str | bytes]:
    assert old in META
    return {**GOOD, "meta.xml": META.replace(old, new)}


_LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
_REFUSED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "billion_laughs": ({**GOOD, "meta.xml": _LAUGHS + META}, "declares a document type or an entity"),
    "external_dtd": (
        {**GOOD, "meta.xml": '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + META},
        "document type",
    ),
    "not_well_formed": ({**GOOD, "meta.xml": "<archive>"}, "not well-formed"),
    "other_root": ({**GOOD, "meta.xml": "<html/>"}, "its root is not <archive>"),
    "deep": ({**GOOD, "meta.xml": "<a>" * 50 + "</a>" * 50}, "nested too deep"),
    "huge_description": (
        {**GOOD, "meta.xml": META + "".join(map(str, range(300_000)))},
        "a description may have",
    ),
    "two_cores": (_meta("</archive>", '<core rowType="x"><files/></core></archive>'), "2 cores"),
    "file_outside": (_meta("occurrence.txt", "../occurrence.txt"), "files inside the archive"),
    "file_on_the_web": (_meta("occurrence.txt", "http://x.org/o.txt"), "files inside the archive"),
    "file_not_there": (_meta("media.txt", "m.txt"), "'m.txt', which is not in the archive"),
    "column_number": (_meta('index="2"', 'index="99999999999"'), "not the number of a column"),
    "odd_codec": (_meta('encoding="UTF-8"', 'encoding="zlib"'), "not one for tables"),
    "odd_line_ends": (_meta('linesTerminatedBy="\\n"', 'linesTerminatedBy="~"'), "line breaks"),
    "zip_slip": ({**GOOD, "../../evil.txt": "x"}, "leads out of the archive"),
    "absolute": ({**GOOD, "/evil.txt": "x"}, "leads out of the archive"),
    "windows_path": ({**GOOD, "C:\\evil.txt": "x"}, "leads out of the archive"),
    "bomb": ({**GOOD, "big.txt": b"\0" * 20_000_000}, "it would unpack to 20,000,000 bytes"),
    "many_members": ({f"{number}.txt": "x" for number in range(1001)}, "1,001 files"),
    "workbook": ({"[Content_Types].xml": "", "xl/workbook.xml": ""}, "is a workbook"),
    "empty": ({}, "no meta.xml and 0 tables"),
}


@pytest.mark.parametrize("wrong", _REFUSED)
def test_refused(tmp_path: Path, wrong: str) -> None:
    members, sentence = _REFUSED[wrong]
    with pytest.raises(BadInput, match=sentence) as caught:
        read_metadata(write_zip(tmp_path / "a.zip", members))
    assert "a.zip" in caught.value.sentence


def test_link_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        link = zipfile.ZipInfo("meta.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(BadInput, match="it is a link"):
        read_metadata(tmp_path / "a.zip")


def test_link_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "meta.xml").symlink_to("/etc/passwd")
    with pytest.raises(BadInput, match=r"no meta\.xml and 0 tables"):
        read_metadata(tmp_path)


def test_damaged_zips(tmp_path: Path) -> None:
    whole = write_zip(tmp_path / "a.zip", GOOD).read_bytes()
    with pytest.raises(BadInput, match="not a zip that can be read"):
        read_metadata(write_bytes(tmp_path / "cut.zip", whole[:200]))
    at = whole.index(b"meta.xml") + 20
    with pytest.raises(BadInput, match=r"damaged|cannot be read"):
        read_metadata(write_bytes(tmp_path / "bent.zip", whole[:at] + b"\xff" * 30 + whole[at + 30 :]))


def test_a_member_twice(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", GOOD)
    with zipfile.ZipFile(path, "a") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr("media.txt", "o1\tx\t\n")
    with pytest.raises(BadInput, match=r"'media\.txt' twice"):
        read_metadata(path)


def test_naturalis_audiovisual_core() -> None:
    records = read_metadata(shared_data("metadata", "dwca-naturalis-ac-media.zip"))
    numbers = column(records, "dwc:catalogNumber")
    assert numbers[0] == "ZMA.UROCH.P.1563"
    matching = match([f"{numbers[0]}_1.jpg", "else.jpg"], records)
    assert [found.record for found in matching.matched] == [0]
    assert "xmpRights:Owner" in columns(records)


def test_kew_gbif_media() -> None:
    records = read_metadata(shared_data("metadata", "dwca-kew-gbif-media.zip"))
    matching = match(["606755.jpg", "K000001847.tif"], records)
    assert [(records.where(found.record).split(": ")[1], found.by) for found in matching.matched] == [
        ("image.txt, line 2", "accessURI"),
        ("occurrence.txt, line 3", "catalogNumber"),
    ]
    assert codes(records.findings) == ["extension-not-read"]


def test_other_real_archives() -> None:
    occurrences = read_metadata(shared_data("metadata", "dwca-occurrence-example.zip"))
    assert len(occurrences) == 1534
    assert "dwc:scientificName" in columns(occurrences)
    checklist = read_metadata(shared_data("metadata", "dwca-checklist-example"))
    assert "ragged-row" not in codes(checklist.findings)
