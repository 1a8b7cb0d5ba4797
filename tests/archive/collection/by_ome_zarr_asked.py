"""Asking ome-zarr, which lives in an environment of its own: it needs an older pydantic (`make ome-zarr`)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

_PYTHON = Path(__file__).resolve().parents[3] / ".venv-ome-zarr/bin/python"
_SCRIPT = Path(__file__).with_name("by_ome_zarr.py")


def ask_ome_zarr(where: Mapping[str, tuple[str, Any]], folder: Path) -> dict[str, Any]:
    """What it makes of the images at those addresses (with their storage options), by name; or skip."""
    if not _PYTHON.exists():
        pytest.skip("ome-zarr is not beside this checkout (make ome-zarr)")
    ran = subprocess.run(
        [_PYTHON, "-I", _SCRIPT],
        input=json.dumps(where),
        env={**os.environ, "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def sha256_of(image: NDArray[Any], axes: str) -> str:
    """Of (z, y, x, channels), as an array of those axes in C order."""
    return hashlib.sha256(np.ascontiguousarray(stored(image, axes)).data).hexdigest()


def stored(image: NDArray[Any], axes: str) -> NDArray[Any]:
    """(z, y, x, channels) in the order of `axes`."""
    if axes == "zyx":
        return image[..., 0]
    last = np.moveaxis(image, -1, 0)
    return last if axes == "czyx" else last[:, 0]
