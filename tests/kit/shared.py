"""Real specimens and conformance suites that lie beside the project, where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """The folder of real data beside the project, or skip the test and say why."""
    path = _DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the real data is not beside this checkout: ../shared/data/{'/'.join(parts)}")
    return path
