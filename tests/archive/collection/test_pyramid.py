"""Levels by 2, made in bands, are what they would be if they were made at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from archive.collection import shapes
from archive.collection.pyramid import Pyramid, halved
from archive.collection.shapes import Form, Level, Zyx
from tests.archive.collection.holding import pixels


def a_form(size: Zyx, *, channels: tuple[str, ...] = ("R", "G", "B"), axes: str = "cyx", **more: Any) -> Form:
    spacing = (None, None, None)
    return Form(axes=axes, size=size, channels=channels, dtype="uint8", spacing_um=spacing, **more)


def test_levels_go_down_to_one_tile() -> None:
    sizes = [level.size for level in a_form((1, 5000, 1025)).levels]
    assert sizes == [(1, 5000, 1025), (1, 2500, 513), (1, 1250, 257), (1, 625, 129), (1, 313, 65)]
    assert [level.factor for level in a_form((1, 1024, 8)).levels] == [(1, 1, 1), (1, 2, 2)]


def test_what_fits_one_tile_has_one_level() -> None:
    assert len(a_form((1, 512, 512)).levels) == 1
    assert len(a_form((1, 1, 1)).levels) == 1


def test_the_smallest_level_is_kept_however_high_the_first_is() -> None:
    assert [level.number for level in a_form((1, 100, 100), first_level=3).stored] == [0]


def test_volumes_are_halved_along_z_too() -> None:
    levels = a_form((100, 300, 300), channels=("Y",), axes="zyx").levels
    assert [level.size for level in levels] == [(100, 300, 300), (50, 150, 150), (25, 75, 75)]


@pytest.mark.parametrize(("side", "depth"), [(300, 32), (2048, 32), (2049, 16), (4000, 8), (20_000, 2)])
def test_large_slices_have_flatter_tiles(side: int, depth: int) -> None:
    form = a_form((1000, side, side), channels=("Y",), axes="zyx")
    assert form.tile == (depth, 256, 256)
    assert depth * side * side <= 2**27 or depth == 2
    assert all(size <= tile for size, tile in zip(form.levels[-1].size, form.tile, strict=True))


@pytest.mark.parametrize(("height", "width"), [(1600, 1100), (513, 1025), (1, 2049), (1023, 511)])
@pytest.mark.parametrize("step", [37, 100, 512, 5000])
def test_bands_make_what_one_block_makes(height: int, width: int, step: int) -> None:
    image = pixels(height, width)[np.newaxis]
    form = a_form((1, height, width))
    found = _levels(form, [image[:, y : y + step] for y in range(0, height, step)])
    expected = image
    for level in form.levels:
        assert np.array_equal(found[level.number], expected)
        expected = halved(expected, depth=False)


def test_a_volume_is_halved_along_all_its_axes() -> None:
    volume = pixels(70, 300, 90, seed=3)[..., np.newaxis]
    form = a_form((70, 300, 90), channels=("Y",), axes="zyx")
    found = _levels(form, [volume[z : z + 1] for z in range(70)])
    assert np.array_equal(found[1], halved(volume, depth=True))
    assert found[1].shape == (35, 150, 45, 1)


def test_slices_too_large_for_a_deep_tile_are_halved_two_by_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_BAND_BYTES", 300 * 290)
    volume = pixels(7, 300, 290, seed=4)[..., np.newaxis]
    form = a_form((7, 300, 290), channels=("Y",), axes="zyx")
    assert [level.size for level in form.levels] == [(7, 300, 290), (4, 150, 145), (2, 75, 73)]
    found = _levels(form, [volume[z : z + 1] for z in range(7)])
    expected = volume
    for level in form.levels:
        assert np.array_equal(found[level.number], expected)
        expected = halved(expected, depth=True)


def _levels(form: Form, blocks: list[NDArray[Any]]) -> dict[int, NDArray[Any]]:
    found = {level.number: np.zeros((*level.size, len(form.channels)), form.dtype) for level in form.levels}

    def write(level: Level, at: Zyx, block: NDArray[Any]) -> None:
        found[level.number][at[0] : at[0] + block.shape[0], at[1] : at[1] + block.shape[1]] = block

    pyramid = Pyramid(form, write)
    for block in blocks:
        pyramid.push(block)
    pyramid.end_page()
    return found


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ([[0, 1], [2, 3]], [[2]]),  # 1.5 is rounded up
        ([[255, 255], [255, 255]], [[255]]),
        ([[10, 20, 30], [10, 20, 31]], [[15, 31]]),  # at the edge, of those there are
        ([[7]], [[7]]),
    ],
)
def test_a_mean_is_rounded_half_up(block: list[list[int]], expected: list[list[int]]) -> None:
    image = np.array(block, np.uint8)[np.newaxis, ..., np.newaxis]
    assert halved(image, depth=False)[0, ..., 0].tolist() == expected


def test_wide_samples_do_not_overflow() -> None:
    image = np.full((2, 2, 2, 1), 65535, np.uint16)
    assert halved(image, depth=True).item() == 65535
    assert halved(image.astype(np.float32), depth=True).item() == 65535.0
