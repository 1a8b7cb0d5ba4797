"""Identifiers of packages.

The same names and sizes ask for the same identifier, so a killed deposit meets its own work.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from archive.bag import manifest, payload_path
from archive.sources.interface import SourceFile

NEWER_ENDING = "-v[0-9]+$"
"""What an identifier has more than that of the first version."""
_NEWER = re.compile(r"-[0-9a-f]{12}-v[0-9]+\Z")


def base_id(collection: str, files: Iterable[SourceFile]) -> str:
    """The identifier of the first version of a bag (or of a whole deposit) of those files, in their order."""
    seen = hashlib.sha256(collection.encode() + b"\0")
    for file in files:
        seen.update(f"{file.size_bytes} ".encode() + file.path.encode() + b"\0")
    return f"{collection}-{seen.hexdigest()[:12]}"


def versions_of(base: str) -> Iterator[str]:
    """The identifiers that a deposit of those names and sizes may have, oldest first, without end."""
    yield base
    yield from (f"{base}-v{number}" for number in count(2))


def is_newer_version(package_id: str) -> bool:
    """Whether an older version of that package has the same names and sizes."""
    return _NEWER.search(package_id) is not None


def base_of(package_id: str) -> str:
    """The identifier of the first version of that package."""
    return package_id.rpartition("-v")[0] if is_newer_version(package_id) else package_id


def fingerprint(files: Sequence[SourceFile], digests: Sequence[bytes]) -> str:
    """The SHA-256 of manifest-sha256.txt: the same for the same content under the same names only."""
    paths = [payload_path(file) for file in files]
    return hashlib.sha256(manifest(zip(digests, paths, strict=True))).hexdigest()
