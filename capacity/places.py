"""Where a result may lie."""

from __future__ import annotations

from pathlib import Path


def is_remote(target: Path | str) -> bool:
    """Whether a result lies behind a URL."""
    return isinstance(target, str) and "://" in target
