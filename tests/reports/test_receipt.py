"""The receipt as a page and as JSON: everything is told, nothing is believed, nothing is unbounded."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path

import pytest

from archive.sources.interface import LeftOut
from holdings.errors import BadInput
from reports.receipt import render_receipt, write_receipt
from reports.receipt_json import receipt_lines
from tests.reports.receipts import EVIL, a_receipt
from tests.reports.test_page_in_chromium import asked_for, chromium


def text_of(page: str) -> str:
    """What a reader sees, without styles and marks."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&nbsp;", " ").split())


def test_the_page_tells_everything() -> None:
    said = text_of(render_receipt(a_receipt()))
    for words in (
        "Receipt: 3 images are held",
        "of the collection herb of Herbarium of Nowhere &amp; Sons, 22 November 2026.",
        ".DS_Store left behind by an operating system",
        "cut off in its last strip",
        "2 images have a record in multiple.csv.",
        "multiple.csv, line 7",
        "SHA-256 of the tar " + "5" * 64,
        "s3://museum-cold/packages/herb-0123456789ab-2/bag.tar",
        "verified 2026-11-22T09:30:00Z",
        "holdfast export herb-0123456789ab-2 herb-0123456789ab-2",
        "holdfast get herb-0123456789ab.1",
        "SHA-512 and SHA-256 manifests",
        "2499 \N{MULTIPLICATION SIGN} 1666",
        "image/tiff, fmt/353",
        f"{1:064x}",
        "2 files (notes.txt and multiple.csv)",
        "under a name that was held already: 24 images; both are kept",
        ".tif is held with other content in herb-ba9876543210, too. Shown are the first 1.",
        "1 image was held already with the same name and content, and is held twice now: in herb-ba98",
        "Accepted, and odd: 1 drawer 000/sheet-000001.tif: its bytes are a PNG",
    ):
        assert words in said, words


def test_names_from_outside_steer_nothing() -> None:
    page = render_receipt(a_receipt())
    assert "<script" not in page
    assert not set(page) & {"\x1b", "\u202e"}
    assert "a&lt;script&gt;alert(1)&lt;/script&gt;\\u202e &amp; \\x1b[31m.tif" in page


def test_what_was_not_written_down_is_not_said_to_be_nothing() -> None:
    again = a_receipt(left_out=None, noticed=None, sidecars=None, matched=None, namesakes=None)
    page = text_of(render_receipt(again))
    assert "told in the first receipt" in page
    assert "Nothing: every file" not in page
    document = json.loads(b"".join(receipt_lines(again)))
    told = (document["left_out"], document["noticed"], document["matched"], document["accepted"]["sidecars"])
    assert told == (None, None, None, None)
    assert document["same_names"] is None
    assert "Nothing: every file" in text_of(render_receipt(a_receipt(left_out=[])))


def test_the_json_has_lasting_keys() -> None:
    document = json.loads(b"".join(receipt_lines(a_receipt())))
    assert list(document) == [
        *("format", "deposit", "collection", "organization", "agent", "made_at", "already_held"),
        *(
            "algorithms",
            "accepted",
            "bags",
            "left_out",
            "noticed",
            "matched",
            "same_names",
            "get_back",
            "images",
        ),
    ]
    assert document["format"] == 1
    assert document["accepted"] == {
        "images": 3,
        "bytes": 55_296_300,
        "sidecars": ["notes.txt", "multiple.csv"],
    }
    assert document["images"][0] == {
        "image_id": "herb-0123456789ab.1",
        "package_id": "herb-0123456789ab",
        "path": EVIL,
        "specimen": "NHMUK 013609051",
        "key": "packages/herb-0123456789ab/bag.tar",
        "offset": 512,
        "bytes": 18_432_100,
        "sha256": f"{1:064x}",
        "sha512": None,
        "media_type": "image/tiff",
        "puid": "fmt/353",
        "width_px": 2499,
        "height_px": 1666,
    }
    odd = {"path": "drawer 000/sheet-000001.tif", "what": "its bytes are a PNG"}
    assert document["noticed"] == [odd]
    assert document["matched"]["records_without_image"] == ["multiple.csv, line 7", "multiple.csv, line 9"]
    assert [bag["package_id"] for bag in document["bags"]] == ["herb-0123456789ab", "herb-0123456789ab-2"]
    assert document["bags"][0]["copies"][1]["store"] == "cold"


def test_lists_without_rows_are_lists() -> None:
    document = json.loads(b"".join(receipt_lines(a_receipt(left_out=[]))))
    assert document["left_out"] == []


def test_many_images_are_all_in_the_json_and_the_first_on_the_page(tmp_path: Path) -> None:
    left_out = [LeftOut(path=f"{number}.tmp", because="junk") for number in range(1000)]
    receipt = a_receipt(30_000, left_out=left_out)
    tracemalloc.start()
    page, data = write_receipt(receipt, tmp_path, overwrite=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert data.stat().st_size > 9_000_000
    assert peak < 6_000_000, "it is written as it is made"
    with data.open("rb") as file:
        assert sum(b'{"image_id"' in line for line in file) == 30_000
    said = text_of(page.read_text())
    assert said.count("image/tiff") == 200
    assert "Shown are the first 200 of 30 000; all are in herb-0123456789ab.json." in said
    assert page.stat().st_size < 250_000


def test_a_receipt_is_not_written_over_another_unless_asked(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    first = write_receipt(a_receipt(), folder, overwrite=False)
    with pytest.raises(BadInput, match="is there already"):
        write_receipt(a_receipt(4), folder, overwrite=False)
    before = first[0].read_bytes()
    assert write_receipt(a_receipt(4), folder, overwrite=True) == first
    assert first[0].read_bytes() != before
    assert sorted(path.name for path in folder.iterdir()) == [
        "herb-0123456789ab.html",
        "herb-0123456789ab.json",
    ]


def test_the_same_receipt_gives_the_same_bytes() -> None:
    assert render_receipt(a_receipt()) == render_receipt(a_receipt())
    assert list(receipt_lines(a_receipt())) == list(receipt_lines(a_receipt()))


def test_in_a_browser_it_asks_for_nothing_and_fits(tmp_path: Path) -> None:
    page, log = tmp_path / "page.html", tmp_path / "net.json"
    page.write_text(render_receipt(a_receipt(300)))
    frame = tmp_path / "frame.html"
    frame.write_text(
        "".join(
            f'<iframe src="{page.as_uri()}" style="width:{width}px;height:900px;border:0" onload="'
            "const page = this.contentDocument.documentElement;"
            "document.title += page.scrollWidth - page.clientWidth + ';'"
            '"></iframe>'
            for width in (400, 1000)
        )
    )
    flags = ("--allow-file-access-from-files", "--virtual-time-budget=5000", f"--log-net-log={log}")
    ran = chromium(tmp_path, frame.as_uri(), *flags, "--dump-dom")
    assert ran.stdout.split("<title>")[1].split("</title>")[0] == "0;0;"
    assert {url for url in asked_for(log) if not url.startswith(("data:", "file:"))} == set()
