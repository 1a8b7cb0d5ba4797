"""One deposit as a report: its pictures, its rows, what is hidden, and that it stays small."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archive.collection.thumbnails import Thumbnail
from archive.deposit import Wishes, deposit
from archive.receipting import recollect
from archive.withdrawing import withdraw
from holdings.errors import BadInput, NotFound
from holdings.house import House
from holdings.records import Image
from reports.accession import gathering
from reports.accession.gathering import bags_of, check_fits, gather_deposit, trimmed
from reports.accession.view import view_deposit
from reports.document import Photos
from reports.kinds import VIEWS
from reports.render.html import render_html
from reports.render.markdown import render_markdown
from reports.render.pdf import render_pdf
from tests.kit.houses import a_house
from tests.kit.pictures import write_pictures
from tests.reports.lively import NOW
from tests.reports.telling import told as told_in
from tests.reports.test_page import outline, words

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    pictures = write_pictures(folder / "source", 9, size=(240, 160))
    lines = [f"{path.name},NHM {n},{EVIL},Kenya" for n, path in enumerate(pictures[:7])]
    (folder / "records.csv").write_text("\n".join(["filename,catalogNumber,locality,country", *lines]))
    with a_house(folder / "held", at=NOW, agent="holdfast 0.1.0 (test)") as house:
        deposit(
            house,
            folder / "source",
            collection="sheets",
            wishes=Wishes(bag_bytes=400_000, metadata=folder / "records.csv"),
        )
        yield house


@pytest.fixture(scope="module")
def bags(house: House) -> list[str]:
    return [package.package_id for package in house.catalogue.packages()]


@pytest.fixture(scope="module")
def data(house: House, bags: list[str]) -> dict[str, Any]:
    return gather_deposit(house, bags[-1])


def photos(data: dict[str, Any]) -> Photos:
    blocks = [block for section in view_deposit(data).chapters[0].sections for block in section.blocks]
    return next(block for block in blocks if isinstance(block, Photos))


def test_any_bag_or_image_names_the_whole_deposit(house: House, bags: list[str]) -> None:
    assert len(bags) > 1
    whole = bags_of(house, bags[0])
    assert sorted(whole) == sorted(bags)
    assert bags_of(house, bags[-1]) == whole == bags_of(house, f"{bags[-1]}.1")


def test_every_image_has_its_picture(data: dict[str, Any]) -> None:
    assert photos(data).title == "All 9 images."
    for photo in photos(data).photos:
        assert (photo.width_px, photo.height_px) in {(160, 107), (160, 106)}
        assert base64.b64decode(photo.jpeg).startswith(b"\xff\xd8\xff")


def test_rows_are_those_of_the_index(house: House, bags: list[str], data: dict[str, Any]) -> None:
    images = [image for bag in bags_of(house, bags[0]) for image in house.catalogue.images.images(bag)]
    assert [(row["image_id"], row["sha256"]) for row in data["rows"]] == [
        (image.image_id, image.sha256) for image in images
    ]
    assert sum(each["bytes"] for each in data["formats"]) == sum(image.size_bytes for image in images)
    assert {each["media_type"] for each in data["formats"]} == {"image/jpeg", "image/png", "image/tiff"}
    assert all(each["largest"] == "240 \N{MULTIPLICATION SIGN} 160" for each in data["formats"])
    country = next(each for each in data["terms"] if each["term"] == "dwc:country")
    assert country == {"term": "dwc:country", "images": 7, "distinct": 1, "commonest": [["Kenya", 7]]}
    assert data["event_count"] == len(
        [event for bag in bags for event in house.catalogue.events(package_id=bag)]
    )


def test_the_page_says_it_and_stays_text(data: dict[str, Any]) -> None:
    page = render_html(view_deposit(data))
    outline(page)
    told = words(page)
    for sentence in (
        "9 images of the collection sheets, deposited 3 April 2027.",
        "7 images have a record (78 %), 2 images have none.",
        "There is at least 1 verified copy of each of",
        "holdfast export sheets-",
    ):
        assert sentence in told
    assert page.count("<script") == 2, "the data and our own"
    assert "&lt;script&gt;alert(1)&lt;/script&gt; (7)" in page
    assert render_html(VIEWS["deposit"](json.loads(json.dumps(data)))) == page
    assert page.count("data:image/jpeg;base64,") == 9


def test_other_forms_have_it_too(data: dict[str, Any]) -> None:
    assert "- sheet-001.jpg" in render_markdown(view_deposit(data))
    paper = render_pdf(view_deposit(data))
    assert paper == render_pdf(view_deposit(data))
    assert paper.count(b"/DCTDecode") == 9


def test_what_is_withdrawn_is_neither_shown_nor_listed(tmp_path: Path) -> None:
    write_pictures(tmp_path / "source", 3)
    with a_house(tmp_path / "held", at=NOW) as house:
        package_id = deposit(house, tmp_path / "source", collection="sheets").package_id
        withdraw(house, [f"{package_id}.2"], reason="protected", by="A. Keeper")
        found = gather_deposit(house, package_id)
        page = render_html(view_deposit(found))
        assert "sheet-002" not in page
        assert "1 image is withdrawn since, and not in this report." in words(page)
        assert len(found["pictures"]) == len(found["rows"]) == 2
        key = f"packages/{package_id}/bag.tar"
        house.store("hot").delete(key, version=house.store("hot").head(key).version)
        lost = gather_deposit(house, package_id)
    assert lost["pictures"] == []
    told = told_in(view_deposit(lost))
    assert "No image of it can be shown. 2 images could not be shown: No copy of" in told
    assert "1 copy is suspect or missing." in told


def test_the_page_of_a_large_deposit_is_below_a_megabyte(
    monkeypatch: pytest.MonkeyPatch, house: House, bags: list[str]
) -> None:
    (first, *_) = house.catalogue.images.images(bags[0])
    many = [
        replace(
            first, image_id=f"{bags[0]}.{n}", path=f"drawer-{n // 100:03}/a-rather-long-name-of-{n:06}.tif"
        )
        for n in range(1, 5001)
    ]
    noise = np.random.default_rng(7)

    def heavy(_house: House, images: list[Image]) -> Iterator[Thumbnail]:
        for image in images:
            yield Thumbnail(image=image, jpeg=noise.bytes(6000), width_px=160, height_px=107)

    document = recollect(house, [bags[0]])
    large = replace(document, images=lambda: iter(many), bags=[replace(document.bags[0], images=len(many))])
    monkeypatch.setattr(gathering, "recollect", lambda *_: large)
    monkeypatch.setattr(gathering, "thumbnails", heavy)
    found = gather_deposit(house, bags[0], rows=10_000)
    assert len(found["rows"]) == 5000
    page = render_html(view_deposit(trimmed(found, gathering.PAGE_ROWS)))
    assert len(page.encode()) < 1_000_000
    told = words(page)
    assert "Shown are 43 of 5 000 images, spread evenly over the deposit; 4 957 are not." in told
    assert "Shown are 150 of 5 000; a workbook and --data have all." in told


def test_what_is_no_deposit_is_one_sentence(house: House) -> None:
    with pytest.raises(NotFound, match="There is no package nothing-here in the catalogue"):
        gather_deposit(house, "nothing-here")
    with pytest.raises(BadInput, match="is not a package identifier"):
        gather_deposit(house, "etc/passwd")


def test_more_images_than_a_sheet_takes_are_refused(data: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="tables take at most 250,000 rows"):
        check_fits({**data, "images": 300_000})
