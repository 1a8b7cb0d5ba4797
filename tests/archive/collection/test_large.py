"""Images that no memory holds, and stacks of slices: built within a gigabyte, whatever their size."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from archive.collection.finding import find_built
from archive.collection.reading import Box, window
from archive.deposit import deposit
from tests.archive.collection.holding import COLLECTION
from tests.kit.houses import a_house

pytestmark = pytest.mark.soak

_MOST_BYTES = 1e9
_BUILD = """
import sys
from pathlib import Path
from archive.collection.building import build
from archive.collection.options import Options
from tests.kit.houses import a_house

with a_house(Path(sys.argv[1])) as house:
    made = build(house, "sheets", Options(stack=sys.argv[2] == "stack", form=sys.argv[3]))
    assert not made.failures, made.failures
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(made.package.package_id, int(status["VmHWM"].split()[0]) * 1024)
"""


def _grain(dtype: str) -> NDArray[Any]:
    return np.random.default_rng(0).integers(0, 4, (512, 512, 3)).astype(dtype)


def _tile(row: int, column: int, dtype: str) -> NDArray[Any]:
    """What a tile of the image is: known without the image."""
    tile: NDArray[Any] = _grain(dtype) + np.array((row * 7 + column * 3) % 200, dtype)
    return tile


def _write_tiles(path: Path, height: int, width: int, dtype: str) -> None:
    down, across = -(-height // 512), -(-width // 512)
    tiles = (_tile(row, column, dtype) for row in range(down) for column in range(across))
    _write(path, tiles, (height, width), dtype, tile=(512, 512))


def _write_strips(path: Path, height: int, width: int, dtype: str) -> None:
    _write(path, _strips(height, width, dtype), (height, width), dtype, rowsperstrip=64)


def _strips(height: int, width: int, dtype: str) -> Iterator[bytes]:
    """Encoded, as tifffile wants them."""
    across = -(-width // 512)
    for row in range(-(-height // 512)):
        band = np.concatenate([_tile(row, column, dtype) for column in range(across)], axis=1)[:, :width]
        for y in range(0, min(512, height - row * 512), 64):
            strip = band[y : min(y + 64, height - row * 512)]
            yield bytes(imagecodecs.zstd_encode(strip.tobytes(), 1))


def _write(path: Path, parts: Iterator[Any], size: tuple[int, int], dtype: str, **more: Any) -> None:
    tifffile.imwrite(
        path,
        parts,
        shape=(*size, 3),
        dtype=dtype,
        photometric="rgb",
        bigtiff=True,
        compression="zstd",
        compressionargs={"level": 1},
        metadata=None,
        **more,
    )


@pytest.mark.parametrize(
    ("write", "height", "width", "dtype", "form"),
    [
        pytest.param(_write_tiles, 40_000, 40_000, "uint8", "zarr", id="4.8 GB in tiles"),
        pytest.param(_write_strips, 40_000, 40_000, "uint8", "zarr", id="4.8 GB in strips"),
        pytest.param(_write_tiles, 40_000, 40_000, "uint8", "tiledb", id="4.8 GB as TileDB"),
        # As wide: memory hangs on the width and not on the height.
        pytest.param(_write_tiles, 10_000, 40_000, "uint16", "zarr", id="16 bits in tiles"),
        pytest.param(_write_strips, 10_000, 40_000, "uint16", "zarr", id="16 bits in strips"),
        pytest.param(_write_strips, 10_000, 40_000, "uint16", "tiledb", id="16 bits as TileDB"),
    ],
)
def test_an_image_that_no_memory_holds(
    write: Any, height: int, width: int, dtype: str, form: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    write(source / "huge.tif", height, width, dtype)
    package_id, peak = _build(tmp_path, source, form=form)
    assert peak < _MOST_BYTES
    with a_house(tmp_path / "house") as house:
        found = find_built(house, f"{package_id}.1")
        assert form == "tiledb" or len(found.built.objects) == 1
        for row, column in ((0, 0), (height // 512 // 2, 17), (height // 512 - 1, width // 512 - 1)):
            y, x = row * 512, column * 512
            read = window(house, found, Box(level=0, y=(y, y + 512), x=(x, x + 512)))
            assert np.array_equal(read.pixels, _tile(row, column, dtype))


def test_a_stack_that_no_memory_holds(tmp_path: Path) -> None:
    """400 slices of 1,600 x 1,600, 16 bits: 2 GB."""
    folder = tmp_path / "source" / "scan"
    folder.mkdir(parents=True)
    grain = np.random.default_rng(0).integers(0, 16, (1600, 1600)).astype(np.uint16)
    for number in range(400):
        tifffile.imwrite(
            folder / f"slice-{number:04}.tif",
            grain + np.uint16(number),
            photometric="minisblack",
            compression="zstd",
            compressionargs={"level": 1},
            resolution=(2540, 2540),
            resolutionunit="INCH",
        )
    package_id, peak = _build(tmp_path, tmp_path / "source", "stack")
    assert peak < _MOST_BYTES
    with a_house(tmp_path / "house") as house:
        found = find_built(house, f"{package_id}.1")
        assert (found.built.axes, found.built.size) == ("zyx", (400, 1600, 1600))
        assert found.built.spacing_um == (10.0, 10.0, 10.0)
        read = window(house, found, Box(level=0, z=377, y=(0, 1600), x=(0, 1600)))
        assert np.array_equal(read.pixels[..., 0], grain + np.uint16(377))


def _build(folder: Path, source: Path, how: str = "each", *, form: str = "zarr") -> tuple[str, int]:
    """Deposited here, built in a process of its own; the package, and that process's peak in bytes."""
    (folder / "house").mkdir()
    with a_house(folder / "house") as house:
        deposit(house, source, collection=COLLECTION)
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, folder / "house", how, form],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    package_id, peak = done.stdout.split()
    return package_id, int(peak)
