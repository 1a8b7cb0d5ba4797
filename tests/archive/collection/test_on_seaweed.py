"""A collection on a real S3 server, opened by other people's programs with nothing but the printed lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archive.collection.building import Built
from archive.collection.finding import find_built
from archive.collection.opening import python_lines, table_lines
from archive.collection.reading import Box, window
from holdings.house import House
from holdings.stores.counting import CountingStore
from tests.archive.collection.by_ome_zarr_asked import ask_ome_zarr, sha256_of
from tests.archive.collection.holding import built, hold, pixels
from tests.archive.helpers import with_hot
from tests.kit.houses import a_house, s3_stores
from tests.kit.seaweed import Seaweed

SHEET = pixels(1300, 1100)
CHOICES: dict[str, dict[str, Any]] = {
    "zip": {},
    "shards": {"layout": "shards"},
    "jpegxl": {"codec": "jpegxl"},
}


@pytest.fixture(scope="module")
def sheet(
    seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[House, dict[str, Built]]]:
    """A house on two buckets with one sheet, built in every way."""
    folder = tmp_path_factory.mktemp("seaweed")
    stores = s3_stores(seaweed.endpoint, hot=seaweed.make_bucket("hot"), cold=seaweed.make_bucket("cold"))
    with pytest.MonkeyPatch.context() as patched:
        for name, value in seaweed.environment.items():
            patched.setenv(name, value)
        with a_house(folder, stores=stores) as house:
            hold(house, folder / "source", {"sheet.tif": SHEET})
            yield house, {name: built(house, **choices) for name, choices in CHOICES.items()}


@pytest.fixture(scope="module")
def ran(sheet: tuple[House, dict[str, Built]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the printed lines came to, in a process of their own."""
    house, made = sheet
    asked: dict[str, Any] = {}
    for name, each in made.items():
        lines = python_lines(house, find_built(house, f"{each.package.package_id}.1"))
        asked[name] = (lines, "sha256(tree['scale0/image'][:, :512, :512])")
    table = table_lines(house, made["zip"].package)
    asked["table"] = (table, "table.project('providermanagedid, pixelxdimension, collection').fetchall()")
    everywhere = f"{house.settings.stores['hot'].url}/packages/*/specimens/*/*.parquet"
    query = f"SELECT codec, count(*) FROM read_parquet('{everywhere}', hive_partitioning = true) GROUP BY ALL"
    asked["all tables"] = (table, f"sorted(db.sql({query!r}).fetchall())")
    assert not any(word in json.dumps(asked).lower() for word in ("secret", "key_id", "password"))
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("by_printed_lines.py")],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},  # for jpegxl
        cwd=tmp_path_factory.mktemp("elsewhere"),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("name", CHOICES)
def test_the_printed_lines_open_it_and_never_fetch_the_whole(
    name: str, sheet: tuple[House, dict[str, Built]], ran: dict[str, Any]
) -> None:
    (image,) = sheet[1][name].images
    assert ran[name]["value"] == sha256_of(SHEET[np.newaxis, :512, :512], "cyx")
    asked = ran[name]["opening"] + ran[name]["reading"]
    if image.layout == "ozx":
        assert all(span for span, _ in asked), "ranges only"
    assert len(ran[name]["reading"]) <= 4
    # One tile is a sixth of it; the rest is headers, names and the directory of the zip.
    assert sum(size for _, size in asked) < 0.3 * image.size_bytes


def test_a_random_window_takes_at_most_four_requests(sheet: tuple[House, dict[str, Built]]) -> None:
    house, made = sheet
    random = np.random.default_rng(4)
    counting = CountingStore(house.store("hot"))
    for number in range(6):
        y, x = (int(random.integers(0, side - 512)) for side in SHEET.shape[:2])
        for each in made.values():
            if number == 0:  # nothing of it is known here
                kept = house.settings.catalogue.folder / "collections"
                (kept / f"{each.package.package_id}.parquet").unlink(missing_ok=True)
            counting.requests.clear()
            cold = with_hot(house, counting)
            found = find_built(cold, f"{each.package.package_id}.1")
            read = window(cold, found, Box(level=0, y=(y, y + 512), x=(x, x + 512)))
            assert np.array_equal(read.pixels, SHEET[y : y + 512, x : x + 512])
            assert sum(counting.requests.values()) <= (4 if number == 0 else 2)


def test_the_table_is_asked_by_duckdb_over_s3(
    sheet: tuple[House, dict[str, Built]], ran: dict[str, Any]
) -> None:
    package = sheet[1]["zip"].package
    assert ran["table"]["value"] == [[f"{package.package_id}.1", 1100, "sheets"]]
    assert ran["all tables"]["value"] == [["jpegxl", 1], ["zstd", 2]]
    assert ran["table"]["opening"], "by s3fs, and not by an extension that was there"


def test_ome_zarr_opens_it_over_s3(sheet: tuple[House, dict[str, Built]], tmp_path: Path) -> None:
    house, made = sheet
    where = {}
    for name in ("zip", "shards"):
        names: dict[str, Any] = {}
        options, opening = python_lines(house, find_built(house, f"{made[name].package.package_id}.1"))[1:]
        exec(options, names)
        where[name] = (opening.split("'")[1], names["options"])
    for told in ask_ome_zarr(where, tmp_path).values():
        assert told["pixels_sha256"] == told["reader_sha256"] == sha256_of(SHEET[np.newaxis], "cyx")
