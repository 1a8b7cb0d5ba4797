"""A process that does nothing but write into a store, so that it can be killed or measured.

`python -m tests.holdings.stores.writing for-ever FOLDER SEED` puts objects and says each key that
was acknowledged; the key tells what the bytes must be. `... once MIB` writes one object into the
store that the environment describes, reads it back, and says what that took.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from holdings.stores.interface import Store
from holdings.stores.local import LocalStore

MIB = 1 << 20


def key_of(seed: int, size_bytes: int) -> str:
    """A key that tells the bytes below it."""
    return f"packages/p{seed % 7}/{seed}-{size_bytes}.bin"


def data_of(key: str) -> bytes:
    """The bytes that a key must have."""
    seed, size = key.rpartition("/")[2].removesuffix(".bin").split("-")
    return random.Random(int(seed)).randbytes(int(size))


def write_for_ever(folder: Path, seed: int) -> None:
    store = LocalStore("hot", folder)
    chance = random.Random(seed)
    while True:
        key = key_of(chance.getrandbits(60), chance.choice([0, 1000, 300_000, 3_000_000]))
        data = memoryview(data_of(key))
        chunks = (data[begin : begin + 65_536] for begin in range(0, len(data), 65_536))
        store.put_stream(key, chunks, size_bytes=len(data))
        print(key, flush=True)


def generated(size_bytes: int) -> Iterator[bytes]:
    """A stream that is nowhere whole: each MiB is another."""
    block = random.Random(0).randbytes(MIB)
    for number, begin in enumerate(range(0, size_bytes, MIB)):
        yield (number.to_bytes(8, "big") + block[8:])[: size_bytes - begin]


def _of_this_process(field: str) -> int:
    """A line of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def write_once(store: Store, key: str, size_bytes: int) -> dict[str, float]:
    """Write, read back, compare; seconds, CPU seconds and the most memory above what was in use before."""
    began, cpu = time.monotonic(), time.process_time()
    written, read = hashlib.sha256(), hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for chunk in generated(size_bytes):
            written.update(chunk)
            yield chunk

    store.put_stream(key, hashed(), size_bytes=size_bytes)
    put_seconds = time.monotonic() - began
    for chunk in store.get(key):
        read.update(chunk)
    assert read.digest() == written.digest()
    return {
        "put_s": put_seconds,
        "get_s": time.monotonic() - began - put_seconds,
        "cpu_s": time.process_time() - cpu,
    }


def measure(store: Store, size_bytes: int) -> dict[str, float]:
    """`write_once` after a small one that brings in all code; bytes of memory beyond that."""
    write_once(store, "warm-up", 3 * MIB)
    before = _of_this_process("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    found = write_once(store, "measured", size_bytes)
    return {**found, "peak_bytes": _of_this_process("VmHWM") - before}


def _open_s3() -> Store:
    from holdings.settings.model import StoreSettings  # noqa: PLC0415  # the local writer starts fast
    from holdings.stores.s3 import S3Store  # noqa: PLC0415
    from holdings.stores.s3_access import Access  # noqa: PLC0415

    spec = StoreSettings(
        name="hot",
        url=os.environ["STORE_URL"],
        tier="hot",
        domain="here",
        price_sheet="none",
        endpoint=os.environ["STORE_ENDPOINT"],
    )
    return S3Store(
        Access(spec), whole_up_to_bytes=MIB, part_bytes=int(os.environ.get("STORE_PART_BYTES", 16 * MIB))
    )


def _open() -> Store:
    if "STORE_FOLDER" in os.environ:
        return LocalStore("hot", Path(os.environ["STORE_FOLDER"]))
    return _open_s3()


_VERBS: dict[str, Callable[..., None]] = {
    "for-ever": lambda folder, seed: write_for_ever(Path(folder), int(seed)),
    "once": lambda mib: print(json.dumps(measure(_open(), int(mib) * MIB + 1))),
}

if __name__ == "__main__":
    _VERBS[sys.argv[1]](*sys.argv[2:])
