"""A collection is a package like any other: built whole or not seen, resumed, verified, rebuilt."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dask
import duckdb
import numpy as np
import pytest
import tiledb

from archive.collection import batch
from archive.collection.batch import Outcome, attempt, on_dask, one_by_one
from archive.collection.building import build, select
from archive.collection.expecting import expect
from archive.collection.finding import find_built, images_of
from archive.collection.index import index_key
from archive.collection.one_image import Task
from archive.collection.options import Options
from archive.collection.originals import Originals
from archive.collection.rebuilding import rebuild
from archive.verifying import verify
from holdings.catalogue.checking import check_catalogue
from holdings.catalogue.rebuilding import rebuild_catalogue
from holdings.errors import BadInput, NotFound, StoreFull, Unavailable
from holdings.house import House
from holdings.records import EventType, Image, PackageKind
from holdings.stores.counting import CountingStore
from holdings.stores.opening import create_store
from tests.archive.collection.holding import COLLECTION, built, hold, pixels, write_tiff
from tests.archive.helpers import copy_to_cold, damage, files_of, keys_of, object_file, with_hot
from tests.archive.identifying.samples import dng


@pytest.fixture
def sheets(house: House, tmp_path: Path) -> House:
    """Two sheets and a fragment."""
    images = {"a.tif": pixels(700, 600), "b.tif": pixels(90, 80, seed=1), "c/d.tif": pixels(520, 64, 1)}
    hold(house, tmp_path / "source", images)
    return house


@pytest.mark.parametrize(
    ("choices", "per_image"),
    [({}, 1), ({"access_copies": True}, 3), ({"codec": "jpegxl", "first_level": 1}, 1)],
)
def test_a_collection_is_a_package_like_any_other(sheets: House, choices: Any, per_image: int) -> None:
    made = built(sheets, **choices)
    package = sheets.catalogue.package(made.package.package_id)
    assert (package.kind, package.collection, package.images) == (PackageKind.COLLECTION, COLLECTION, 0)
    assert len(package.objects) == 3 * per_image + 3
    lying = set(keys_of(sheets.store("hot"), package.prefix))
    assert lying == {package.prefix + item.key for item in package.objects} | {
        package.prefix + "manifest.json"
    }
    assert verify(sheets).is_good
    assert check_catalogue(sheets).findings == ()


def test_the_catalogue_is_rebuilt_with_it(sheets: House) -> None:
    package = built(sheets).package
    sheets.close()
    rebuilt = rebuild_catalogue(sheets.settings)
    assert (rebuilt.packages, rebuilt.images, rebuilt.findings) == (2, 3, ())
    assert find_built(sheets, f"{package.package_id}.1").built.source_path == "a.tif"


def test_the_same_again_is_known(sheets: House) -> None:
    first = built(sheets)
    counting = CountingStore(sheets.store("hot"))
    again = built(with_hot(sheets, counting))
    assert (again.already_held, again.package) == (True, first.package)
    assert counting.requests["put_stream"] == counting.requests["get_range"] == 0


def test_other_choices_make_another_package(sheets: House) -> None:
    assert built(sheets).package.package_id != built(sheets, codec="jpegxl").package.package_id


def test_an_image_that_cannot_be_built_is_named_and_the_rest_goes_on(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    write_tiff(folder / "good.tif", pixels(80, 70))
    broken = bytearray(write_tiff(folder / "broken.tif", pixels(200, 170)).read_bytes())
    broken[len(broken) // 2 : len(broken) // 2 + 300] = bytes(300)
    (folder / "broken.tif").write_bytes(broken)
    hold(house, folder, {})
    made = built(house)
    assert [image.source_path for image in made.images] == ["good.tif"]
    (failure,) = made.failures
    assert failure.path == "broken.tif"
    assert "cannot be decoded" in failure.because
    about = json.loads(b"".join(house.store("hot").get(made.package.prefix + "collection.json")))
    assert [left["path"] for left in about["left_out"]] == ["broken.tif"]
    assert keys_of(house.store("hot"), f"{made.package.prefix}images/000001") == [], (
        "nothing of the broken one"
    )


def test_where_nothing_can_be_built_nothing_is_left(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "a.dng").write_bytes(dng())  # whole, and not developed here
    hold(house, folder, {})
    before = keys_of(house.store("hot"))
    with pytest.raises(BadInput, match=r"No image of sheets could be built: a\.dng"):
        built(house)
    assert keys_of(house.store("hot")) == before


def test_a_build_that_stopped_goes_on_and_is_not_seen_before(sheets: House) -> None:
    class Stopped(Exception):
        pass

    def two(tasks: Sequence[Task]) -> Iterator[Outcome]:
        yield from one_by_one(tasks[:2], sheets.stores)
        raise Stopped

    with pytest.raises(Stopped):
        build(sheets, COLLECTION, Options(), runner=two)
    assert [package.kind for package in sheets.catalogue.packages()] == [PackageKind.BAG]
    assert not any(key.endswith("manifest.json") and "-zarr-" in key for key in keys_of(sheets.store("hot")))

    seen: list[int] = []

    def rest(tasks: Sequence[Task]) -> Iterator[Outcome]:
        seen.extend(task.ordinal for task in tasks)
        return one_by_one(tasks, sheets.stores)

    made = build(sheets, COLLECTION, Options(), runner=rest)
    assert seen == [3], "what is noted is not built twice"
    assert len(made.images) == 3
    assert verify(sheets).is_good
    assert not [key for key in keys_of(sheets.store("hot")) if "/building/" in key]


def test_an_image_that_was_put_and_not_noted_is_met_again(
    sheets: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def kill(*_: object) -> bytes:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(batch, "to_json", kill)
        with pytest.raises(Killed):
            built(sheets)
    assert len(built(sheets).images) == 3
    assert verify(sheets).is_good


@pytest.mark.parametrize(
    "met",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        tiledb.TileDBError("[TileDB::IO] Error: POSIX write error:No space left on device"),
    ],
)
def test_a_full_disk_is_no_fault_of_an_image_and_ends_the_build_which_goes_on(
    sheets: House, monkeypatch: pytest.MonkeyPatch, met: Exception
) -> None:
    fetch = Originals.fetch

    def no_room(self: Originals, image: Image, file: Any) -> None:
        if image.path == "b.tif":
            raise met
        fetch(self, image, file)

    with monkeypatch.context() as patched:
        patched.setattr(Originals, "fetch", no_room)
        with pytest.raises(StoreFull, match=r"There is no room in .* for b\.tif while it is built\."):
            built(sheets)
    assert not any(key.endswith("manifest.json") and "-zarr-" in key for key in keys_of(sheets.store("hot")))
    assert len([key for key in keys_of(sheets.store("hot")) if "/building/" in key]) == 1, "the first is kept"
    assert len(built(sheets).images) == 3


def test_rebuild_proves_every_byte(sheets: House) -> None:
    package = built(sheets, access_copies=True).package
    again = rebuild(sheets, package.package_id)
    assert again.is_same
    assert [image.path for image in again.images] == ["a.tif", "b.tif", "c/d.tif"]


def test_rebuild_of_a_bag_is_bad_input(sheets: House) -> None:
    (bag,) = sheets.catalogue.packages()
    with pytest.raises(BadInput, match="is no collection"):
        rebuild(sheets, bag.package_id)


def test_a_damaged_original_is_taken_from_another_copy_and_recorded(sheets: House) -> None:
    (bag,) = sheets.catalogue.packages()
    copy_to_cold(sheets, bag.package_id)
    first = sheets.catalogue.images.images(bag.package_id)[0]
    damage(object_file(sheets, "hot", f"{bag.prefix}bag.tar"), at=first.offset + 100)
    assert len(built(sheets).images) == 3
    statuses = {copy.store: copy.status.value for copy in sheets.catalogue.copies(package_id=bag.package_id)}
    assert statuses == {"hot": "suspect", "cold": "verified"}


def test_the_table_is_one_that_duckdb_reads(sheets: House) -> None:
    package = built(sheets).package
    pattern = object_file(sheets, "hot", f"packages/*/{index_key('*')}")
    rows = duckdb.execute(
        f"SELECT providermanagedid, pixelxdimension, pixelydimension, collection, derivedfrom, levels "
        f"FROM read_parquet('{pattern}', hive_partitioning = true) ORDER BY ordinal"
    ).fetchall()
    assert rows[0][:4] == (f"{package.package_id}.1", 600, 700, COLLECTION)
    assert [row[5] for row in rows] == [2, 1, 2]


def test_the_table_brings_back_what_was_built(sheets: House) -> None:
    made = built(sheets)
    assert tuple(images_of(sheets, made.package)) == made.images


@pytest.mark.parametrize("choices", [{}, {"form": "tiledb"}, {"codec": "jpegxl-lossy"}])
def test_the_hash_is_of_the_pixels_of_the_original(house: House, tmp_path: Path, choices: Any) -> None:
    """Whatever keeps them, and even where what is kept is only near: it says what was meant."""
    sheet = pixels(1100, 600)
    hold(house, tmp_path / "source", {"a.tif": sheet})
    (image,) = built(house, **choices).images
    assert image.pixels_sha256 == hashlib.sha256(sheet.tobytes()).hexdigest()


def test_sizes_are_recorded_for_the_forecast(sheets: House) -> None:
    options = Options()
    images = select(sheets, COLLECTION).images
    assert not expect(sheets, COLLECTION, images, options).measured
    made = built(sheets)
    events = sheets.catalogue.events(package_id=made.package.package_id, types=[EventType.PACKAGE_CREATION])
    assert sorted(str(event.detail["kind"]) for event in events) == ["RGB uint8", "Y uint8"]
    assert sum(int(event.detail["size_bytes"] or 0) for event in events) == sum(
        i.size_bytes for i in made.images
    )
    expected = expect(sheets, COLLECTION, images, options)
    assert expected.measured
    assert expected.size_bytes == pytest.approx(sum(i.size_bytes for i in made.images), rel=0.01)


@pytest.mark.parametrize(
    ("collection", "packages", "error"),
    [("nothing", (), BadInput), (COLLECTION, ("no-such-bag",), NotFound), ("No Id", (), BadInput)],
)
def test_what_is_not_there_cannot_be_built(sheets: House, collection: str, packages: Any, error: Any) -> None:
    with pytest.raises(error):
        build(sheets, collection, Options(), packages=packages)


@pytest.mark.parametrize(
    "choices",
    [
        {"codec": "zip"},
        {"form": "hdf5"},
        {"layout": "pile"},
        {"first_level": 9},
        {"form": "tiledb", "codec": "jpegxl"},
    ],
)
def test_what_nobody_knows_cannot_be_chosen(choices: Any) -> None:
    with pytest.raises(BadInput):
        Options(**choices)


def test_slices_in_a_folder_become_one_volume(house: House, tmp_path: Path) -> None:
    volume = pixels(40, 300, 50, dtype="uint16")
    hold(
        house, tmp_path / "source", {f"scan/slice-{n:03}.tif": volume[n][..., np.newaxis] for n in range(40)}
    )
    made = built(house, stack=True)
    (image,) = made.images
    assert (image.axes, image.size, image.source_path) == ("zyx", (40, 300, 50), "scan")
    assert (
        image.spacing_um[0] == image.spacing_um[1] == image.spacing_um[2] == pytest.approx(42.333, abs=1e-3)
    )
    assert [level.size for level in image.pixel_form.levels] == [(40, 300, 50), (20, 150, 25)]
    assert rebuild(house, made.package.package_id).is_same


def test_a_slice_of_another_size_is_refused(house: House, tmp_path: Path) -> None:
    images = {"1.tif": pixels(40, 30, 1), "2.tif": pixels(41, 30, 1)}
    hold(house, tmp_path / "source", images)
    with pytest.raises(BadInput, match=r"2\.tif.*30 x 41|30 x 41"):
        built(house, stack=True)


def test_dask_builds_what_one_process_builds(sheets: House) -> None:
    with dask.config.set(scheduler="threads"):
        _on_dask(sheets)


@pytest.mark.soak
def test_processes_of_dask_build_what_one_process_builds(sheets: House) -> None:
    _on_dask(sheets)


def _on_dask(house: House) -> None:
    runner = partial(on_dask, house=house, workers=2)
    made = build(house, COLLECTION, Options(), runner=runner, threads=1)
    assert [image.source_path for image in made.images] == ["a.tif", "b.tif", "c/d.tif"]
    assert rebuild(house, made.package.package_id).is_same


def test_a_worker_with_another_place_under_the_stores_name_leaves_it_alone(
    sheets: House, tmp_path: Path
) -> None:
    """An empty one, marked as a store and as no catalogue's: what a disk that was swapped looks like."""
    elsewhere = replace(sheets.settings.stores["hot"], url=(tmp_path / "elsewhere").as_uri())
    create_store(elsewhere)
    there = replace(sheets.settings, stores={**sheets.settings.stores, "hot": elsewhere})
    before = files_of(tmp_path / "elsewhere")

    def runner(tasks: Sequence[Task]) -> Iterator[Outcome]:
        return on_dask(tasks, replace(sheets, settings=there), workers=1)

    with (
        dask.config.set(scheduler="threads"),
        pytest.raises(Unavailable, match=r"does not find the store 'hot' at .*elsewhere, but another place"),
    ):
        build(sheets, COLLECTION, Options(), runner=runner, threads=1)
    assert files_of(tmp_path / "elsewhere") == before


def test_a_task_is_done_twice_without_harm(sheets: House) -> None:
    done: list[Outcome] = []

    def twice(tasks: Sequence[Task]) -> Iterator[Outcome]:
        for task in tasks:
            done.append(attempt(task, sheets.stores))
            yield attempt(task, sheets.stores)

    assert build(sheets, COLLECTION, Options(), runner=twice).images == tuple(each.built for each in done)


def test_tiledb_is_a_package_too_and_a_killed_image_leaves_no_second_fragment(
    sheets: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def kill(*_: object) -> bytes:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(batch, "to_json", kill)
        with pytest.raises(Killed):
            built(sheets, form="tiledb")
    made = built(sheets, form="tiledb")
    lying = set(keys_of(sheets.store("hot"), made.package.prefix))
    assert len(lying) == len(made.package.objects) + 1
    assert rebuild(sheets, made.package.package_id).is_same
