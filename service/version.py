"""Which Holdfast this is."""

from __future__ import annotations


def version() -> str:
    """The installed version, or `0+uninstalled` where the code runs from its folder alone."""
    # A quarter of the time that `--help` takes would go into this import.
    from importlib import metadata

    try:
        return metadata.version("holdfast")
    except metadata.PackageNotFoundError:
        return "0+uninstalled"
