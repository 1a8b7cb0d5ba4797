"""The least that an audit can take: every object got with obstore, in threads, and hashed once.

python -m benchmarks.tiering_fetch ENDPOINT BUCKET KEYS_FILE THREADS
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import obstore
from botocore.session import Session
from obstore.store import S3Store

_CHUNK_BYTES = 1 << 20


def main(store: S3Store, keys: Sequence[str], threads: int) -> None:
    """Get and hash every one of `keys`."""
    with ThreadPoolExecutor(threads) as pool:
        hashes = list(pool.map(partial(hash_of, store), keys))
    print(len(set(hashes)))


def store_at(endpoint: str, bucket: str, profile: str) -> S3Store:
    """A bucket of a server, with the keys of a profile."""
    found = Session(profile=profile).get_credentials()
    assert found is not None
    return S3Store(
        bucket,
        config={
            "region": "us-east-1",
            "endpoint": endpoint,
            "access_key_id": found.access_key,
            "secret_access_key": found.secret_key,
        },
        client_options={"allow_http": True},
    )


def hash_of(store: S3Store, key: str) -> str:
    """The SHA-256 of an object as it is got."""
    digest = hashlib.sha256()
    for chunk in obstore.get(store, key).stream(min_chunk_size=_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


if __name__ == "__main__":
    wanted = Path(sys.argv[3]).read_text().split()
    main(store_at(sys.argv[1], sys.argv[2], "hot"), wanted, int(sys.argv[4]))
