"""Several hashes at once: each file's own, in the order of the files, whatever their sizes."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from archive.hashing import BATCH_BYTES, SMALL_BYTES, Lanes

ALGORITHMS = ("sha512", "sha256", "md5")
SIZES = st.sampled_from([0, 1, 20_000, SMALL_BYTES, SMALL_BYTES + 1, 200_000, BATCH_BYTES + 1])


@given(st.lists(SIZES, max_size=12))
def test_digests_come_in_the_order_of_the_files(sizes: list[int]) -> None:
    files = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    with Lanes(ALGORITHMS) as lanes:
        for data in files:
            if len(data) <= SMALL_BYTES:
                lanes.add_small(data)
                continue
            for start in range(0, len(data), 70_000):
                lanes.update(data[start : start + 70_000])
            lanes.end_file()
        digests = lanes.finish()
    assert digests == {name: [hashlib.new(name, data).digest() for data in files] for name in ALGORITHMS}
