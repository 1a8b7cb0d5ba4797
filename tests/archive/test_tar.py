"""Our headers are, byte for byte, those of the standard library."""

from __future__ import annotations

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.tar import header

LARGEST = 8**11 - 1


def of_the_library(name: str, size_bytes: int, modified_s: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size_bytes, min(max(modified_s, 0), LARGEST), 0o644
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=120),
    st.integers(0, 8**12),
    st.integers(-1, 8**12),
)
def test_any_header(name: str, size_bytes: int, modified_s: int) -> None:
    assert header(name, size_bytes=size_bytes, modified_s=modified_s) == of_the_library(
        name, size_bytes, modified_s
    )


@pytest.mark.parametrize("length", [1, 99, 100, 101, 300])
@pytest.mark.parametrize("size_bytes", [0, LARGEST, LARGEST + 1])
def test_headers_at_their_limits(length: int, size_bytes: int) -> None:
    name = ("bag/data/" + "x" * 300)[:length]
    made = header(name, size_bytes=size_bytes, modified_s=1)
    assert made == of_the_library(name, size_bytes, 1)
    assert len(made) % tarfile.BLOCKSIZE == 0
