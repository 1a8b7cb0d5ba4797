"""What is written is OME-Zarr: by the official schemas, by validators, by zarr and xarray as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import tiledb
import xarray as xr
import zarr
from numpy.typing import NDArray
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from zarr.storage import ZipStore

from archive.collection import ome_metadata
from archive.collection.checking import XXH3, Digests, compare_pixels
from archive.collection.codecs import CODECS, codec_for
from archive.collection.interface import ImageArrayWriter, Written
from archive.collection.ome_zarr import ZarrWriter
from archive.collection.pyramid import Pyramid
from archive.collection.shapes import Form, Zyx
from archive.collection.tiledb_form import TileDBWriter
from holdings.errors import Corrupt
from tests.archive.collection.by_ome_zarr_asked import ask_ome_zarr, sha256_of, stored
from tests.archive.collection.holding import pixels
from tests.kit.shared import shared_data


def a_form(image: NDArray[Any], *, axes: str = "cyx", spacing: float | None = 42.3) -> Form:
    """Of (z, y, x, channels)."""
    names = {1: ("Y",), 2: ("Y", "A"), 3: ("R", "G", "B"), 4: ("C", "M", "Y", "K")}[image.shape[3]]
    size: Zyx = (image.shape[0], image.shape[1], image.shape[2])
    return Form(
        axes=axes, size=size, channels=names, dtype=image.dtype.name, spacing_um=(None, spacing, spacing)
    )


def pour(writer: ImageArrayWriter, form: Form, image: NDArray[Any], *, check: bool = True) -> Written:
    digests = Digests(form, writer.write, by=XXH3)
    pyramid = Pyramid(form, digests.write)
    if form.is_volume:
        pyramid.push(image)
        pyramid.end_page()
    else:
        for page in image:
            pyramid.push(page[np.newaxis])
            pyramid.end_page()
    writer.finish()
    if check:
        compare_pixels(form, writer, digests)
    return writer.written({"codec": "said here", "source": []})


def land(written: Written, folder: Path, name: str) -> Path:
    """The parts as files, as a store would keep them."""
    for part in written.parts:
        path = folder / f"{name}{part.key}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(part.open()))
        assert path.stat().st_size == part.size_bytes
    return folder / name


IMAGES: dict[str, tuple[NDArray[Any], str]] = {
    "colour": (pixels(700, 1100)[np.newaxis], "cyx"),
    "grey": (pixels(513, 300, 1)[np.newaxis], "cyx"),
    "deep": (pixels(600, 520, 3, dtype="uint16")[np.newaxis], "cyx"),
    "inks": (pixels(300, 600, 4)[np.newaxis], "cyx"),
    "pages": (np.stack([pixels(530, 200, 1, seed=n) for n in range(3)]), "czyx"),
    "volume": (pixels(70, 300, 40, dtype="uint16")[..., np.newaxis], "zyx"),
}


@pytest.mark.parametrize("layout", ["ozx", "shards"])
@pytest.mark.parametrize("name", IMAGES)
def test_plain_zarr_and_xarray_read_the_pixels(name: str, layout: str, tmp_path: Path) -> None:
    image, axes = IMAGES[name]
    form = a_form(image, axes=axes)
    with ZarrWriter(form, codec_for("zstd", form), layout=layout, threads=2) as writer:
        path = land(pour(writer, form, image), tmp_path, "image.ozx" if layout == "ozx" else "image.zarr")
    store = ZipStore(path, mode="r") if layout == "ozx" else str(path)
    group: Any = zarr.open_group(store, mode="r")
    levels = group.attrs["ome"]["multiscales"][0]["datasets"]
    assert len(levels) == len(form.levels)
    found = np.asarray(group[levels[0]["path"]])
    assert np.array_equal(found, stored(image, axes))
    tree = xr.open_datatree(store, engine="zarr", chunks={})  # type: ignore[arg-type]  # a store of zarr's
    assert tree["scale0/image"].dims == tuple(axes)
    assert np.array_equal(tree["scale0/image"], stored(image, axes))


@pytest.mark.parametrize("name", IMAGES)
def test_metadata_passes_the_official_schemas_and_validators(name: str, tmp_path: Path) -> None:
    yaozarrs = pytest.importorskip("yaozarrs")
    image, axes = IMAGES[name]
    form = a_form(image, axes=axes)
    with ZarrWriter(form, codec_for("zstd", form), layout="shards", threads=1) as writer:
        path = land(pour(writer, form, image), tmp_path, "image.zarr")
    yaozarrs.validate_zarr_store(str(path))
    attributes = json.loads((path / "zarr.json").read_bytes())["attributes"]
    _schema("strict_image").validate(attributes)


@cache
def _schema(name: str) -> jsonschema.Draft202012Validator:
    documents = [json.loads(path.read_text()) for path in _schema_files()]
    registry: Any = Registry().with_resources(
        (document["$id"], Resource.from_contents(document, DRAFT202012)) for document in documents
    )
    (wanted,) = (document for document in documents if document["$id"].endswith(f"/{name}.schema"))
    return jsonschema.Draft202012Validator(wanted, registry=registry)


def _schema_files() -> Iterator[Path]:
    yield from shared_data("schemas", "ome-ngff-0.5", "schemas").glob("*.schema")


def test_the_schemas_judge_the_official_cases_of_images_as_their_authors_do() -> None:
    """Else what passes them here would prove nothing. (Plates have rules that no schema can say.)"""
    folder = shared_data("schemas", "ome-ngff-0.5", "tests")
    for name, count in (("image", 28), ("strict_image", 5)):
        cases = json.loads((folder / f"{name}_suite.json").read_text())["tests"]
        assert len(cases) == count
        for case in cases:
            assert _schema(name).is_valid(case["data"]) == case["valid"], (name, case["formerly"])


def test_ome_zarr_reads_every_pixel_and_its_models_accept_it(tmp_path: Path) -> None:
    where, expected = {}, {}
    for name, (image, axes) in IMAGES.items():
        form = a_form(image, axes=axes)
        for layout in ("ozx", "shards"):
            with ZarrWriter(form, codec_for("zstd", form), layout=layout, threads=1) as writer:
                path = land(pour(writer, form, image), tmp_path, f"{name}.{layout}")
            where[f"{name} {layout}"] = (f"zip::file://{path}" if layout == "ozx" else str(path), None)
            expected[f"{name} {layout}"] = (axes, sha256_of(image, axes), [*map(form.shape, form.levels)])
    for name, told in ask_ome_zarr(where, tmp_path).items():
        assert told["model"] == "Image"
        axes, pixels_sha256, shapes = expected[name]
        assert told["axes"] == axes
        assert told["pixels_sha256"] == told["reader_sha256"] == pixels_sha256
        assert told["shapes"] == told["reader_shapes"] == [list(shape) for shape in shapes]


def test_scales_and_shifts_say_where_every_pixel_is() -> None:
    image, axes = IMAGES["colour"]
    form = a_form(image, axes=axes, spacing=10.0)
    with ZarrWriter(form, codec_for("zstd", form), layout="ozx", threads=1) as writer:
        data = b"".join(pour(writer, form, image).parts[0].open())
    head = data[:20_000].decode(errors="ignore")
    multiscale = json.loads(head[head.index("{") :].partition("PK\x03")[0])["attributes"]["ome"][
        "multiscales"
    ][0]
    assert [axis.get("unit") for axis in multiscale["axes"]] == [None, "micrometer", "micrometer"]
    second = multiscale["datasets"][1]["coordinateTransformations"]
    assert second == [
        {"type": "scale", "scale": [1.0, 20.0, 20.0]},
        {"type": "translation", "translation": [0.0, 5.0, 5.0]},
    ]


def test_without_a_resolution_there_is_no_unit() -> None:
    image, axes = IMAGES["colour"]
    told = ome_metadata.ome(a_form(image, axes=axes, spacing=None))
    assert all("unit" not in axis for axis in told["multiscales"][0]["axes"])


@pytest.mark.parametrize("codec", [name for name in CODECS if name != "jpegxl-lossy"])
@pytest.mark.parametrize("name", IMAGES)
def test_every_lossless_codec_gives_every_pixel_back(name: str, codec: str) -> None:
    image, axes = IMAGES[name]
    form = a_form(image, axes=axes)
    with ZarrWriter(form, codec_for(codec, form), layout="ozx", threads=2) as writer:
        pour(writer, form, image)  # compares


def test_a_lossy_codec_is_near_and_says_that_it_is_lossy() -> None:
    image, axes = IMAGES["colour"]
    form = a_form(image, axes=axes)
    codec = codec_for("jpegxl-lossy", form)
    assert codec.is_lossy
    with ZarrWriter(form, codec, layout="ozx", threads=2) as writer:
        pour(writer, form, image, check=False)
        found = writer.read(form.levels[0], (0, 0, 0), (1, 700, 1100))
    difference = np.abs(found.astype(int) - image)
    assert 0 < difference.mean() < 8


def test_pixels_that_come_back_otherwise_are_noticed() -> None:
    image, axes = IMAGES["colour"]
    form = a_form(image, axes=axes)
    with (
        ZarrWriter(form, codec_for("jpegxl-lossy", form), layout="ozx", threads=1) as writer,
        pytest.raises(Corrupt, match="Level 0 does not come back"),
    ):
        pour(writer, form, image)


@pytest.mark.parametrize("name", IMAGES)
def test_tiledb_keeps_the_same_pixels(name: str, tmp_path: Path) -> None:
    image, axes = IMAGES[name]
    form = a_form(image, axes=axes)
    with TileDBWriter(form) as writer:
        path = land(pour(writer, form, image), tmp_path, "image.tdb")
    with tiledb.open(str(path / "scale0")) as array:
        found = array[:]
        assert [array.schema.domain.dim(n).name for n in range(array.ndim)] == list(axes)
    assert np.array_equal(found["intensity"] if isinstance(found, dict) else found, stored(image, axes))
    with tiledb.Group(str(path)) as group:
        assert len(list(group)) == len(form.levels)
        assert json.loads(group.meta["ome"])["version"] == "0.5"
