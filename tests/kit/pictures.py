"""Tiny real images, made in a millisecond each, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

_KINDS = ((".jpg", "JPEG"), (".tif", "TIFF"), (".png", "PNG"))


def write_pictures(
    folder: Path, n: int, *, seed: int = 0, size: tuple[int, int] = (24, 16), name: str = "sheet"
) -> list[Path]:
    """`n` images of random pixels in `folder` (made where it is missing): JPEG, TIFF and PNG in turn.

    size : width and height in pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    paths = []
    for number in range(1, n + 1):
        extension, kind = _KINDS[(number - 1) % len(_KINDS)]
        path = folder / f"{name}-{number:03}{extension}"
        pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, kind)
        paths.append(path)
    return paths


def write_heavy_pictures(folder: Path, n: int, *, megabytes: int, seed: int = 0) -> list[Path]:
    """`n` uncompressed TIFFs of about that many megabytes each."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    paths = []
    for number in range(1, n + 1):
        path = folder / f"heavy-{number:03}.tif"
        pixels = np.frombuffer(random.bytes(megabytes * 1_000_000 // 3000 * 3000), np.uint8)
        Image.fromarray(pixels.reshape(-1, 1000, 3)).save(path, "TIFF")
        paths.append(path)
    return paths
