"""The least that a proven copy can take: got and put with obstore, in threads, got back and hashed once.

python -m benchmarks.tiering_stream FROM_ENDPOINT FROM_BUCKET TO_ENDPOINT TO_BUCKET KEYS_FILE THREADS

Nothing is recorded, nothing goes on after a kill, and what is wrong would be noticed when it is there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import obstore
from obstore.store import S3Store

from benchmarks.tiering_fetch import hash_of, store_at


def main(here: S3Store, there: S3Store, keys: Sequence[str], threads: int) -> None:
    """Copy and read back every one of `keys`."""
    with ThreadPoolExecutor(threads) as pool:
        hashes = list(pool.map(partial(_copy, here, there), keys))
    print(len(set(hashes)))


def _copy(here: S3Store, there: S3Store, key: str) -> str:
    obstore.put(there, key, obstore.get(here, key).bytes(), use_multipart=False)
    return hash_of(there, key)


if __name__ == "__main__":
    source, target = (
        store_at(sys.argv[at], sys.argv[at + 1], profile) for at, profile in ((1, "hot"), (3, "cold"))
    )
    main(source, target, Path(sys.argv[5]).read_text().split(), int(sys.argv[6]))
