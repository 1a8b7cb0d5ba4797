"""A bag without its withdrawn images: valid, whole in itself, and silent about nothing but them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from archive.deposit import Wishes, deposit
from archive.exporting import export
from archive.receipt import Receipt
from archive.validating.profiles import OWN_PROFILE, named_profile
from archive.validating.validating import validate
from archive.withdrawing import undo, withdraw
from holdings.errors import Withdrawn
from holdings.house import House
from holdings.records import EventType
from tests.archive.helpers import files_of

WHY = "locality of a protected species"


@pytest.fixture
def receipt(house: House, source: Path) -> Receipt:
    """The picture in the drawer is the first of three; all have records."""
    rows = ["catalogNumber,fileName,country"]
    rows += [f"HERB {number},{path.name},Land {number}" for number, path in enumerate(pictures(source), 1)]
    (source / "records.csv").write_text("\n".join(rows) + "\n")
    (source / "drawer 1" / "sheet-001.jpg").rename(source / "drawer 1" / "rare.jpg")
    (source / "records.csv").write_text(
        (source / "records.csv").read_text() + "HERB 9,rare.jpg,Secret Valley\n"
    )
    return deposit(house, source, collection="herb", wishes=Wishes(metadata=Path("records.csv")))


def pictures(source: Path) -> list[Path]:
    return sorted(path for path in source.iterdir() if path.suffix in (".jpg", ".tif"))


def test_the_others_leave_as_a_valid_bag_that_says_what_is_missing(
    house: House, receipt: Receipt, source: Path, tmp_path: Path
) -> None:
    withdraw(house, [f"{receipt.package_id}.1"], reason=WHY, by="A. Keeper")
    bag = tmp_path / "bag"
    with pytest.raises(Withdrawn, match="was withdrawn on") as refused:
        export(house, receipt.package_id, bag)
    assert "--without-withdrawn" in (refused.value.hint or "")
    assert not bag.exists()

    exported = export(house, receipt.package_id, bag, without_withdrawn=True, second_opinion=True)
    assert exported.second_opinion == "valid"
    assert [item.path for item in exported.without] == ["drawer 1/rare.jpg"]
    report = validate(bag, profile=named_profile(OWN_PROFILE))
    # The profile asks for a tar; every other rule of it is kept.
    assert {finding.code for finding in report.findings} == {"profile-serialization"}
    wanted = files_of(source)
    del wanted["drawer 1/rare.jpg"]
    assert files_of(bag / "data") == wanted
    assert not (bag / "data/drawer 1").exists()
    assert exported.files == report.files == len(wanted)
    assert exported.payload_bytes == report.size_bytes == sum(map(len, wanted.values()))


def test_nothing_that_describes_it_tells_of_the_withdrawn_but_that_it_was(
    house: House, receipt: Receipt, tmp_path: Path
) -> None:
    withdraw(house, [f"{receipt.package_id}.1"], reason=WHY, by="A. Keeper")
    bag = tmp_path / "bag"
    export(house, receipt.package_id, bag, without_withdrawn=True)
    tags = {
        name: data.decode(errors="replace")
        for name, data in files_of(bag).items()
        if not name.startswith("data/")
    }
    assert [name for name, text in tags.items() if "Secret Valley" in text or "HERB 9" in text] == []
    assert [name for name, text in tags.items() if "rare.jpg" in text] == ["metadata/premis.xml"]
    assert WHY in tags["metadata/premis.xml"]
    assert "1 image was withdrawn and left out" in tags["bag-info.txt"]
    rows = list(csv.DictReader(io.StringIO(tags["metadata/specimens.csv"])))
    told = [(row["path"], row["specimen"], row["matched_by"], row["record"]) for row in rows]
    assert told == [
        ("sheet-001.jpg", "HERB 1", "fileName", "records.csv, line 2"),
        ("sheet-002.tif", "HERB 2", "fileName", "records.csv, line 3"),
    ]
    crate = ROCrate(str(bag))
    assert len([entity for entity in crate.get_entities() if str(entity.id).startswith("data/")]) == 3
    assert json.loads(tags["ro-crate-metadata.json"])
    (event,) = house.catalogue.events(package_id=receipt.package_id, types=[EventType.EXPORTING])
    assert event.detail == {"withdrawn_images": 1}


def test_with_nothing_withdrawn_it_is_the_bag_itself(house: House, receipt: Receipt, tmp_path: Path) -> None:
    withdraw(house, [f"{receipt.package_id}.1"], reason=WHY)
    undo(house, [f"{receipt.package_id}.1"], reason="a slip")
    export(house, receipt.package_id, tmp_path / "bag", without_withdrawn=True)
    export(house, receipt.package_id, tmp_path / "same")
    assert files_of(tmp_path / "bag") == files_of(tmp_path / "same")


@pytest.mark.parametrize("what", [["{}"], ["{}.1", "{}.2", "{}.3"]])
def test_of_a_package_that_was_withdrawn_nothing_leaves(
    house: House, receipt: Receipt, tmp_path: Path, what: list[str]
) -> None:
    withdraw(house, [name.format(receipt.package_id) for name in what], reason=WHY)
    with pytest.raises(Withdrawn):
        export(house, receipt.package_id, tmp_path / "bag", without_withdrawn=True)
    assert not (tmp_path / "bag").exists()
