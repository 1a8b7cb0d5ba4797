"""Records of specimens beside the images of a deposit: what meets, what does not, and what stays together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archive.deposit import Wishes, deposit
from archive.finding import find
from holdings.errors import BadInput
from holdings.house import House
from holdings.settings import MatchingSettings
from tests.kit.pictures import write_pictures
from tests.kit.shared import shared_data


def with_pattern(house: House, pattern: str) -> House:
    return replace(house, settings=replace(house.settings, matching=MatchingSettings(pattern=pattern)))


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    """Two pictures of each of three specimens, far apart in order, and a table that knows two of them."""
    folder = tmp_path / "sheets"
    for side in ("a-front", "b-back"):
        for number, path in enumerate(write_pictures(folder / side, 3), start=1):
            path.rename(path.with_name(f"BM00000{number}{path.suffix}"))
    (folder / "table.csv").write_text(
        "catalogNumber,country\nBM000001,Peru\nBM000002,Chad\nBM000009,Oman\n", encoding="utf-8"
    )
    return folder


def test_records_reach_the_index_and_orphans_on_both_sides_the_receipt(house: House, sheets: Path) -> None:
    receipt = deposit(house, sheets, collection="herb", wishes=Wishes(metadata=Path("table.csv")))
    found = {image.path: (image.specimen, dict(image.terms)) for image in find(house)}
    assert found["a-front/BM000001.jpg"] == (
        "BM000001",
        {"dwc:catalogNumber": "BM000001", "dwc:country": "Peru"},
    )
    assert found["b-back/BM000003.png"] == (None, {})
    assert receipt.records is not None
    assert receipt.records.metadata == "table.csv"
    assert receipt.records.matched == 4
    assert list(receipt.records.images_without_record) == ["a-front/BM000003.png", "b-back/BM000003.png"]
    assert list(receipt.records.records_without_image or ()) == ["table.csv, line 4 (BM000009)"]
    assert list(receipt.sidecars) == ["table.csv"], "the table itself is kept, too"


def test_files_with_long_records_count_as_several(house: House, sheets: Path) -> None:
    few = replace(house, settings=replace(house.settings, bags=replace(house.settings.bags, bag_files=4)))
    wishes = Wishes(metadata=Path("table.csv"))
    assert len(deposit(few, sheets, collection="short", wishes=wishes).bags) == 2
    (sheets / "table.csv").write_text(
        f"catalogNumber,note\nBM000001,{'x' * 3000}\nBM000002,{'y' * 3000}\n", encoding="utf-8"
    )
    receipt = deposit(few, sheets, collection="long", wishes=wishes)
    assert sorted(bag.images for bag in receipt.bags) == [2, 2, 2]


def test_the_images_of_one_specimen_share_a_bag(house: House, sheets: Path) -> None:
    wishes = Wishes(metadata=Path("table.csv"), bag_bytes=4500)
    receipt = deposit(with_pattern(house, "BM[0-9]{6}"), sheets, collection="herb", wishes=wishes)
    assert len(receipt.bags) > 1
    bags: dict[str, set[str]] = {}
    for image in receipt.images:
        assert image.specimen is not None
        bags.setdefault(image.specimen, set()).add(image.package_id)
    assert set(bags) == {"BM000001", "BM000002", "BM000003"}, "the last one by its file name"
    assert {len(packages) for packages in bags.values()} == {1}


def test_other_records_for_the_same_images_are_a_new_version(house: House, sheets: Path) -> None:
    with_table = Wishes(metadata=Path("table.csv"))
    outside = sheets.parent / "table.csv"
    outside.write_text("catalogNumber,country\nBM000001,Cuba\n")
    first = deposit(house, sheets, collection="herb", wishes=with_table)
    assert deposit(house, sheets, collection="herb", wishes=with_table).already_held
    assert deposit(house, sheets, collection="herb").already_held, "who gives none says nothing against them"
    other = deposit(house, sheets, collection="herb", wishes=Wishes(metadata=outside))
    assert (other.package_id, other.already_held) == (f"{first.package_id}-v2", False)


def test_the_current_folder_goes_before_the_source(
    house: House, sheets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "table.csv").write_text("catalogNumber,country\nBM000001,Cuba\n")
    monkeypatch.chdir(tmp_path / "here")
    deposit(house, sheets, collection="herb", wishes=Wishes(metadata=Path("table.csv")))
    assert {image.terms.get("dwc:country") for image in find(house)} == {"Cuba", None}


def test_a_pattern_that_is_none_is_refused_at_once(house: House, sheets: Path) -> None:
    with pytest.raises(BadInput, match="is not a regular expression that RE2 takes"):
        deposit(with_pattern(house, "(?P<id>"), sheets, collection="herb")


def test_pinned_insects_meet_their_records(house: House) -> None:
    receipt = deposit(
        house,
        shared_data("specimens", "nhm-pinned"),
        collection="x",
        wishes=Wishes(metadata=Path("multiple.csv")),
    )
    assert receipt.records is not None
    assert receipt.records.matched == 7
    assert list(receipt.records.images_without_record) == ["01.jpg"]
    assert (receipt.images[1].width_px, receipt.images[1].height_px) == (2499, 1666)
    assert receipt.images[1].terms["dcterms:license"] == "CC BY"


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("catalogNumber,country\n", "holds no record: nothing of it can be matched"),
        ("colour,country\nred,Peru\n", "no record with a number, a file name or an address"),
        ("catalogNumber,country\n,Peru\n", "no record with a number, a file name or an address"),
    ],
)
def test_metadata_by_which_no_image_can_be_found_is_refused(
    house: House, sheets: Path, text: str, lacking: str
) -> None:
    (sheets / "table.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=lacking):
        deposit(house, sheets, collection="herb", wishes=Wishes(metadata=Path("table.csv")))
    assert list(find(house)) == []


def test_rows_that_are_not_used_are_noticed(house: House, sheets: Path) -> None:
    (sheets / "table.csv").write_text("catalogNumber,country\nBM000001,Peru,more\nBM000002,Chad\n", "utf-8")
    receipt = deposit(house, sheets, collection="herb", wishes=Wishes(metadata=Path("table.csv")))
    assert receipt.records is not None
    assert receipt.records.noticed == [
        "table.csv, line 2 has 3 fields where the table has 2; it is not used."
    ]
    assert len(receipt.records.findings) > 1, "orphans are findings, too, and are listed apart"
