"""Files and bags that are made for a benchmark and thrown away after it."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

_WIDTH_PX = 64


def make_images(source: Path, *, files: int, file_bytes: int) -> int:
    """Fill `source` with TIFF images of noise, which nothing can compress; returns their bytes."""
    height = max(1, round(file_bytes / (3 * _WIDTH_PX)))
    for number in range(files):
        folder = source / f"drawer-{number // 1000:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        noise = Image.frombytes("RGB", (_WIDTH_PX, height), os.urandom(3 * _WIDTH_PX * height))
        noise.save(folder / f"specimen-{number:05d}.tif")
    return sum(path.stat().st_size for path in source.rglob("*.tif"))


def make_bag(folder: Path, *, files: int, file_bytes: int, algorithms: Sequence[str]) -> Path:
    """A bag of files of random bytes, a thousand to a folder, its manifests in order."""
    manifests: dict[str, list[str]] = {name: [] for name in algorithms}
    for number in range(files):
        path = f"data/drawer_{number // 1000:05d}/IMG_{number:07d}.tif"
        if number % 1000 == 0:
            (folder / path).parent.mkdir(parents=True)
        data = os.urandom(file_bytes)
        (folder / path).write_bytes(data)
        for name, lines in manifests.items():
            lines.append(f"{hashlib.new(name, data).hexdigest()}  {path}\n")
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "bag-info.txt").write_text(f"Payload-Oxum: {files * file_bytes}.{files}\n")
    for name, lines in manifests.items():
        (folder / f"manifest-{name}.txt").write_text("".join(lines))
    tags = ["bagit.txt", "bag-info.txt", *(f"manifest-{name}.txt" for name in algorithms)]
    for name in algorithms:
        rows = (f"{hashlib.new(name, (folder / tag).read_bytes()).hexdigest()}  {tag}\n" for tag in tags)
        (folder / f"tagmanifest-{name}.txt").write_text("".join(rows))
    return folder


def make_tiny_images(source: Path, *, files: int) -> None:
    """Fill `source` with TIFF images of 8 x 8 pixels, no two alike, a thousand to a folder."""
    made = io.BytesIO()
    Image.frombytes("RGB", (8, 8), bytes(8 * 8 * 3)).save(made, "TIFF")
    blank = made.getvalue()
    pixels = blank.index(bytes(8 * 8 * 3))
    for number in range(files):
        folder = source / f"drawer-{number // 1000:04d}"
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        data = blank[:pixels] + number.to_bytes(8, "big") + blank[pixels + 8 :]
        (folder / f"specimen-{number:07d}.tif").write_bytes(data)
