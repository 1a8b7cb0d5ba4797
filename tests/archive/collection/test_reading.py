"""Windows read the tiles that they touch, one request each; what is damaged is taken from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

import archive.collection
from archive.collection.finding import find_built
from archive.collection.opening import python_lines
from archive.collection.picturing import write_pixels
from archive.collection.reading import Box, window
from archive.collection.tiles import TileTable
from holdings.errors import BadInput, NotFound
from holdings.house import House
from holdings.stores.counting import CountingStore
from tests.archive.collection.holding import built, hold, pixels
from tests.archive.helpers import copy_to_cold, object_file, with_hot

SHEET = pixels(1300, 1100)


@pytest.fixture
def sheet(house: House, tmp_path: Path) -> House:
    hold(house, tmp_path / "source", {"sheet.tif": SHEET})
    return house


BOXES = [
    ((0, 512), (0, 512), 1, 1),
    ((512, 1024), (512, 1024), 1, 1),
    ((300, 812), (300, 812), 4, 2),
    ((1299, 1300), (1099, 1100), 1, 1),
    ((0, 1300), (0, 1100), 9, 1),
    ((511, 513), (0, 1), 2, 2),
]
"""Rows, columns, the tiles that they touch, and the runs of neighbours that these lie in."""
_NAME_BYTES = 120
"""Before a member of a zip lies its name; between neighbours it is read along."""


@pytest.mark.parametrize("choices", [{}, {"layout": "shards"}, {"codec": "jpegxl"}, {"form": "tiledb"}])
def test_a_window_is_the_pixels_and_one_request_per_run_of_tiles(sheet: House, choices: Any) -> None:
    package = built(sheet, **choices).package
    found = find_built(sheet, f"{package.package_id}.1")
    for y, x, tiles, runs in BOXES:
        counting = CountingStore(sheet.store("hot"))
        read = window(with_hot(sheet, counting), found, Box(level=0, y=y, x=x))
        assert np.array_equal(read.pixels, SHEET[slice(*y), slice(*x)])
        if found.built.form == "zarr":
            assert dict(counting.requests) == {"get_range": runs}
            table = TileTable(found.built)
            touched = table.touched(table.form.levels[0], (0, y[0], x[0]), (1, y[1] - y[0], x[1] - x[0]))
            sizes = [place.size_bytes for place in touched]
            assert len(sizes) == tiles
            between = counting.bytes_moved["get_range"] - sum(sizes)
            most = (tiles - runs) * _NAME_BYTES if found.built.layout == "ozx" else 0
            assert 0 <= between <= most, "not a byte of another tile"


def test_a_window_of_a_collection_that_nobody_knows_yet_takes_three_requests(sheet: House) -> None:
    package = built(sheet).package
    counting = CountingStore(sheet.store("hot"))
    house = with_hot(sheet, counting)
    read = window(house, find_built(house, f"{package.package_id}.1"), Box(level=0, y=(9, 521), x=(9, 521)))
    assert np.array_equal(read.pixels, SHEET[9:521, 9:521])
    assert dict(counting.requests) == {"get_range": 3}, "the table, and two rows of two tiles"


def test_the_tree_opens_without_a_request_and_reads_one_per_tile(sheet: House) -> None:
    package = built(sheet).package
    counting = CountingStore(sheet.store("hot"))
    house = with_hot(sheet, counting)
    tree = archive.collection.open(house, f"{package.package_id}.1")
    assert counting.requests["get_range"] == 1, "the table, once"
    part: Any = tree["scale0/image"]
    part = part[:, 300:812, 300:812]
    assert counting.requests["get_range"] == 1, "lazy"
    assert np.array_equal(np.moveaxis(part.compute().to_numpy(), 0, -1), SHEET[300:812, 300:812])
    assert counting.requests["get_range"] == 5
    assert tree["scale1/image"].coords["y"].to_numpy()[0] == pytest.approx(0.5 * 42.333, abs=1e-2)


def test_an_original_is_found_in_the_collection_that_has_it(sheet: House) -> None:
    (bag,) = sheet.catalogue.packages()
    original = f"{bag.package_id}.1"
    with pytest.raises(NotFound, match="No collection has"):
        find_built(sheet, original)
    package = built(sheet).package
    assert find_built(sheet, original).package == package


@pytest.mark.parametrize(
    ("box", "because"),
    [
        (Box(level=9, y=(0, 1), x=(0, 1)), "has no level 9"),
        (Box(level=0, y=(0, 1301), x=(0, 1)), "no such window"),
        (Box(level=0, y=(5, 5), x=(0, 1)), "no such window"),
        (Box(level=0, y=(0, 1), x=(0, 1), z=1), "no such window"),
    ],
)
def test_a_window_that_there_is_not_is_bad_input(sheet: House, box: Box, because: str) -> None:
    found = find_built(sheet, f"{built(sheet).package.package_id}.1")
    with pytest.raises(BadInput, match=because):
        window(sheet, found, box)


@pytest.mark.parametrize("codec", ["zstd", "jpegxl"])
def test_a_damaged_tile_is_noticed_and_taken_from_another_copy(sheet: House, codec: str) -> None:
    package = built(sheet, codec=codec).package
    copy_to_cold(sheet, package.package_id)
    found = find_built(sheet, f"{package.package_id}.1")
    offset, size = found.built.tiles[0]
    path = object_file(sheet, "hot", package.prefix + found.built.key)
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes(size // 2))
    read = window(sheet, found, Box(level=0, y=(0, 10), x=(0, 10)))
    assert read.store == "cold"
    assert np.array_equal(read.pixels, SHEET[:10, :10])
    assert [trouble.store for trouble in read.troubles] == ["hot"]


@pytest.mark.parametrize("layout", ["ozx", "shards"])
def test_the_printed_lines_open_it(sheet: House, layout: str) -> None:
    package = built(sheet, layout=layout).package
    lines = python_lines(sheet, find_built(sheet, f"{package.package_id}.1"))
    assert len(lines) == 3
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    found = names["tree"]["scale0/image"][:, 300:400, 500:600].compute()
    assert np.array_equal(np.moveaxis(found.to_numpy(), 0, -1), SHEET[300:400, 500:600])


@pytest.mark.parametrize("ending", [".png", ".tif", ".npy"])
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_a_window_is_written_as_it_is(ending: str, kind: str, tmp_path: Path) -> None:
    image = pixels(20, 30, dtype=kind)
    target = tmp_path / f"part{ending}"
    write_pixels(image, target, overwrite=False)
    assert np.array_equal(imagecodecs.imread(str(target)), image)
    with pytest.raises(BadInput, match="File exists"):
        write_pixels(image, target, overwrite=False)


def test_another_ending_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="ends with none of"):
        write_pixels(pixels(2, 2), tmp_path / "part.gif", overwrite=False)
