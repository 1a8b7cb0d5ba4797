"""The least that an audit can take: every object got with obstore, in threads, and hashed once.

python -m benchmarks.tiering_fetch ENDPOINT BUCKET KEYS_FILE THREADS
"""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import obstore
from botocore.session import Session
from obstore.store import S3Store

_CHUNK_BYTES = 1 << 20


def main(endpoint: str, bucket: str, keys: list[str], threads: int) -> None:
    """Get and hash every one of `keys`."""
    found = Session(profile="hot").get_credentials()
    assert found is not None
    store = S3Store(
        bucket,
        config={
            "region": "us-east-1",
            "endpoint": endpoint,
            "access_key_id": found.access_key,
            "secret_access_key": found.secret_key,
        },
        client_options={"allow_http": True},
    )
    with ThreadPoolExecutor(threads) as pool:
        hashes = list(pool.map(partial(_fetch, store), keys))
    print(len(set(hashes)))


def _fetch(store: S3Store, key: str) -> str:
    digest = hashlib.sha256()
    for chunk in obstore.get(store, key).stream(min_chunk_size=_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_text().split(), int(sys.argv[4]))
