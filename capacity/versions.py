"""What numbers were made with."""

from __future__ import annotations

import importlib.metadata
import platform

_LIBRARIES = ("holdfast", "numpy", "scipy", "dask", "xarray")


def versions() -> dict[str, str]:
    """Of Python and of the libraries that numbers could hang on."""
    return {"python": platform.python_version()} | {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "run from its folder, not installed"
