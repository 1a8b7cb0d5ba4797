from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.matching.identifiers import canonical
from archive.matching.interface import Ambiguous, Matched
from archive.matching.reading import read_metadata
from holdings.errors import BadInput
from tests.archive.matching.building import codes, match, records, said
from tests.kit.shared import shared_data


def _by_number(number: str, image: str, pattern: str | None = None) -> bool:
    return bool(match([image], records(dwc_catalogNumber=[number]), pattern=pattern).matched)


@pytest.mark.parametrize(
    ("number", "image"),
    [
        ("1084118", "nhmuk-1084118.jpg"),
        ("NHMUK 012539905", "a/nhmuk-012539905-small.jpg"),
        ("NHMUK 012539905", "NHMUK012539905_label.tif"),
        ("BM001128287", "BM001128287.jpg"),
        ("bm001128287", "BM001128287_2.TIFF"),
        ("ZMA.UROCH.P.1563", "ZMA.UROCH.P.1563_1.jpg"),
        ("http://data.rbge.org.uk/herb/E00633257", "E00633257.jpg"),
        ("A1 | 0099887 ; B2", "scan 0099887.png"),
        ("12", "12.jpg"),
        ("Š-1234", "s\u030c-1234.jpg"),
    ],
)
def test_number_is_found(number: str, image: str) -> None:
    assert _by_number(number, image)


@pytest.mark.parametrize(
    ("number", "image"),
    [
        ("1084118", "10841180.jpg"),
        ("1084118", "x1084118.jpg"),
        ("1084118", "10_84118.jpg"),
        ("10-84118", "1084118.jpg"),
        ("2500", "01.2500x5792.jpg"),
        ("2", "012495516_2.jpg"),
        ("JPEG", "scan.JPEG"),
        ("K000001", "K000001/scan.jpg"),
        ("---", "---.jpg"),
    ],
)
def test_number_is_not_found(number: str, image: str) -> None:
    assert not _by_number(number, image)


def test_the_surest_way_decides_and_the_other_is_told() -> None:
    given_ = records(
        ac_accessURI=["https://x.org/a/BM2002.jpg?size=l", None], dwc_catalogNumber=["BM1001", "BM2002"]
    )
    matching = match(["box/bm2002.JPG"], given_)
    assert matching.matched == (Matched(path="box/bm2002.JPG", record=0, by="accessURI"),)
    assert matching.records_without_image == (1,)
    [sentence] = said(matching.findings, "names-another")
    assert "t.csv, line 2" in sentence
    assert "t.csv, line 3" in sentence


def test_file_name_column_from_windows() -> None:
    matching = match(["scans/ä b.tif"], records(file_name=["C:\\scans\\a\u0308 B.tif"]))
    assert [found.by for found in matching.matched] == ["fileName"]


def test_percent_encoded_address() -> None:
    assert match(["a b.tif"], records(ac_accessURI=["https://x.org/a%20b.tif"])).matched


def test_several_images_of_one_specimen() -> None:
    matching = match(["BM1001_1.jpg", "BM1001_2.jpg"], records(dwc_catalogNumber=["BM1001"]))
    assert [found.record for found in matching.matched] == [0, 0]
    assert codes(matching.findings) == []


def test_two_records_claim_one_image() -> None:
    matching = match(["BM1001.jpg"], records(dwc_catalogNumber=["BM1001", "BM-1001", "BM2"]))
    assert matching.ambiguous == (Ambiguous(path="BM1001.jpg", records=(0, 1), by="catalogNumber"),)
    assert not matching.matched
    assert matching.records_without_image == (2,)
    assert codes(matching.findings) == ["identifier-repeated", "image-ambiguous", "record-without-image"]
    assert "line 2" in said(matching.findings, "identifier-repeated")[0]


def test_two_numbers_in_one_name_are_ambiguous() -> None:
    matching = match(["1563_1001.jpg"], records(dwc_catalogNumber=["1563", "1001"]))
    assert [found.records for found in matching.ambiguous] == [(0, 1)]


def test_images_that_share_a_name_are_told_apart_by_their_folders() -> None:
    images = ["a/01.jpg", "b/01.jpg"]
    clear = match(images, records(fileName=["a\\01.jpg", "b/01.jpg"]))
    assert [(found.path, found.record) for found in clear.matched] == [("a/01.jpg", 0), ("b/01.jpg", 1)]
    unclear = match(images, records(fileName=["01.jpg"]))
    assert [found.path for found in unclear.ambiguous] == images
    assert not unclear.records_without_image


def test_orphans_on_both_sides_are_told() -> None:
    matching = match(["odd.jpg"], records(dwc_catalogNumber=["BM1001"]))
    assert matching.images_without_record == ("odd.jpg",)
    assert matching.records_without_image == (0,)
    assert codes(matching.findings) == ["image-without-record", "record-without-image"]


def test_findings_stay_readable() -> None:
    matching = match([f"odd{number}.jpg" for number in range(1000)], records(dwc_catalogNumber=["BM1001"]))
    assert len(matching.images_without_record) == 1000
    assert said(matching.findings, "image-without-record")[-1] == (
        "t.csv: 900 more of 'image-without-record' are not listed."
    )


def test_pattern_of_the_operator() -> None:
    assert _by_number("1084118", "x1084118y.jpg", r"x(?P<id>\d{7})y")
    assert _by_number("bm42", "2026BM42q.jpg", r"BM\d+")
    assert _by_number("bm(42", "2026BM(42.jpg", r"(BM|[(]?x)\(\d+")
    assert not _by_number("1084118", "1084118.jpg", r"BM\d+")


@pytest.mark.parametrize("pattern", ["(", "(?<=a)b", "x" * 501, r"(a)\1"])
def test_pattern_that_is_refused(pattern: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInput, match="pattern for file names"):
        _by_number("1", "1.jpg", pattern)
    assert capfd.readouterr() == ("", "")


def test_pattern_that_would_hang_a_backtracking_engine() -> None:
    began = time.process_time()
    match(["a" * 200 + "!.jpg"], records(dwc_catalogNumber=["BM1001"]), pattern=r"((a+)+)+$")
    assert time.process_time() - began < 10, "a backtracking engine would take for ever"


def test_time_grows_with_the_sum_not_the_product() -> None:
    images = [f"{number}/image.jpg" for number in range(5_000)]
    began = time.process_time()
    matching = match(images, records(fileName=["image.jpg"] * 5_000, dwc_catalogNumber=["X-999"] * 5_000))
    assert time.process_time() - began < 10
    assert len(matching.ambiguous) == 5_000


@given(st.text(), st.text())
def test_canonical_is_stable(one: str, two: str) -> None:
    assert canonical(canonical(one)) == canonical(one)
    if canonical(one) and canonical(two):
        assert canonical(f"{one}-{two}").startswith(canonical(one)[:1])


@given(
    st.lists(st.sampled_from(["a.jpg", "b/a.jpg", "BM1001.jpg", "BM1002_1.tif", "q"]), unique=True),
    st.lists(
        st.tuples(*[st.sampled_from([None, "a.jpg", "http://x/b/a.jpg", "BM1001", "BM1002", "|", "/"])] * 3)
    ),
)
def test_every_image_ends_in_one_place(images: list[str], rows: list[tuple[str | None, ...]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []]
    given_ = records(ac_accessURI=columns[0], fileName=columns[1], dwc_catalogNumber=columns[2])
    matching = match(images, given_)
    told = [found.path for found in matching.matched] + [found.path for found in matching.ambiguous]
    assert sorted([*told, *matching.images_without_record]) == sorted(images)
    used = {found.record for found in matching.matched}
    assert used.isdisjoint(matching.records_without_image)


def test_nhm_pinned() -> None:
    folder = shared_data("specimens", "nhm-pinned")
    images = sorted(path.name for path in folder.iterdir() if path.suffix in (".jpg", ".jpeg"))
    matching = match(images, read_metadata(folder / "multiple.csv"))
    assert len(matching.matched) == 7
    assert {found.by for found in matching.matched} == {"accessURI"}
    assert matching.images_without_record == ("01.jpg",)
    assert not matching.records_without_image
    assert not matching.ambiguous
    by_number = match(images, read_metadata(folder / "nhmuk-012539905.json"))
    assert by_number.matched == (Matched(path="nhmuk-012539905-small.jpg", record=0, by="catalogNumber"),)
    assert by_number.records_without_image == ()


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"barcode": ["B 7"], "dwc_catalogNumber": ["BM\n7"]}, "t.csv, line 2 (BM 7)"),
        ({"dwc_catalogNumber": [" "], "barcode": ["B 7"]}, "t.csv, line 2 (B 7)"),
        ({"dwc_catalogNumber": ["7" * 500]}, f"t.csv, line 2 ({'7' * 77}...)"),
        ({"dwc_catalogNumber": [None], "fileName": ["a.jpg"]}, "t.csv, line 2"),
    ],
)
def test_who_stays_alone_is_told_with_the_number(columns: dict[str, list[str | None]], told: str) -> None:
    given_ = records(**columns)
    assert given_.named(0) == told
    if "(" in told:
        assert f"{told}: no image belongs to it." in [
            finding.sentence for finding in match([], given_).findings
        ]
