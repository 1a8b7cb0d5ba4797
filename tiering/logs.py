"""Access logs of S3 and CloudFront as reads of packages: who was read, how often, and when last.

Holdfast's own requests are in them, too: a package that is audited each quarter would never be idle.
They are known by the agent that they name, and left out; what people read through Holdfast is
recorded when they read it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote

from archive.recording import new_event
from holdings.catalogue.interface import Entry
from holdings.clock import iso
from holdings.errors import BadInput
from holdings.house import House
from holdings.records import PACKAGES_PREFIX, Event, EventType
from holdings.stores.agent import OURS_BEGINS

_S3 = re.compile(
    r"^\S+ \S+ \[(?P<when>[^\]]{20,40})\] \S+ \S+ \S+ REST\.GET\.OBJECT "
    r'(?P<key>\S+) "[^"]*" (?P<status>\d{3}) '
)
_CLOUDFRONT = re.compile(
    r"^(?P<date>\d{4}-\d\d-\d\d)\t(?P<time>\d\d:\d\d:\d\d)\t[^\t]*\t[^\t]*\t[^\t]*\tGET"
    r"\t[^\t]*\t(?P<key>[^\t]+)\t(?P<status>\d{3})\t"
)
_OURS = re.compile(rf'["\t]{OURS_BEGINS}')
_GZIP = b"\x1f\x8b"
_AT_ONCE = 1 << 20
_MOST_LINE = 1 << 20
"""Characters; the keys and agents of a log have a few thousand."""
_MOST_BYTES = 10_000_000_000
_GIVEN = (200, 206)


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What one log told."""

    path: str
    lines: int
    reads: int
    """Of packages that the catalogue knows."""
    packages: int
    ours: int
    """Reads by Holdfast itself, which are no use of anything."""
    not_understood: int
    """Lines that are none of a log."""
    already: bool
    """The very same log was taken in before; nothing was recorded again."""


def import_log(house: House, path: Path) -> Imported:
    """Take in one log file; the same one twice counts once, also where it was compressed meanwhile.

    Raises BadInput where the file cannot be read or no line of it is one of a log that is known.
    """
    run = f"access-{_digest(path)}"
    reads: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    lines = understood = ours = 0
    for line in _lines(path):
        lines += 1
        if (found := _read_of(line)) is not None:
            understood += 1
            if _OURS.search(line):
                ours += 1
                continue
            package_id, at = found
            reads[package_id, f"{at:%Y-%m-%d}"].append(at)
        elif _is_log(line):
            understood += 1
    if lines and not understood:
        raise BadInput(
            f"{path} is no access log of S3 or CloudFront: no line of it could be understood.",
            hint="Give the log files as they are, one after the other.",
        )
    known = {each.package_id for each in house.catalogue.packages(package_ids={key[0] for key in reads})}
    kept = {key: moments for key, moments in reads.items() if key[0] in known}
    already = any(event.run == run for event in house.catalogue.events(types={EventType.ACCESS}))
    if kept and not already:
        house.ledger.record(Entry(events=list(_events(house, kept, run))))
    return Imported(
        path=str(path),
        lines=lines,
        reads=sum(map(len, kept.values())),
        packages=len({package_id for package_id, _ in kept}),
        ours=ours,
        not_understood=lines - understood,
        already=already,
    )


def _events(house: House, reads: dict[tuple[str, str], list[datetime]], run: str) -> Iterator[Event]:
    for (package_id, _), moments in sorted(reads.items()):
        last = iso(max(moments))
        detail: dict[str, str | int | float | bool | None] = {"reads": len(moments), "last_read_at": last}
        yield new_event(house, EventType.ACCESS, package_id, run=run, detail=detail)


def _digest(path: Path) -> str:
    """Of what the log says, compressed or not."""
    sha256, size_bytes = hashlib.sha256(), 0
    with _unpacked(path) as file:
        while data := file.read(_AT_ONCE):
            sha256.update(data)
            size_bytes += len(data)
            if size_bytes > _MOST_BYTES:
                raise BadInput(f"{path} has more than {_MOST_BYTES} bytes, which no log file has.")
    return sha256.hexdigest()[:32]


def _lines(path: Path) -> Iterable[str]:
    with _unpacked(path) as file, io.TextIOWrapper(file, encoding="utf-8", errors="replace") as text:
        while line := text.readline(_MOST_LINE):
            if line.strip() and not line.startswith("#"):
                yield line


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a log; also of a compressed one, as CloudFront delivers them."""
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.strerror:
            raise BadInput(f"The log {path} cannot be read: {error.strerror}.") from None
        raise BadInput(f"The log {path} is cut short or damaged: {error}.") from None


def _is_log(line: str) -> bool:
    return " REST." in line or re.match(r"\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t", line) is not None


def _read_of(line: str) -> tuple[str, datetime] | None:
    """The package that a line tells a read of, and when; None for all other lines."""
    try:
        if found := _S3.match(line):
            at = datetime.strptime(found["when"], "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
        elif found := _CLOUDFRONT.match(line):
            at = datetime.fromisoformat(f"{found['date']}T{found['time']}+00:00")
        else:
            return None
    except ValueError:
        return None
    _, prefix, rest = unquote(found["key"]).partition(PACKAGES_PREFIX)
    package_id, slash, _ = rest.partition("/")
    if int(found["status"]) not in _GIVEN or not prefix or not slash:
        return None
    return package_id, at
