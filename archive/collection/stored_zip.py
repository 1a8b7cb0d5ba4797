"""The zip that one image travels in (RFC-9 of OME-NGFF, `.ozx`): stored, ZIP64, every offset known.

```
header | zarr.json | header | … | header | tile | header | tile | … | central directory | end
                                           ^ offset: a tile is one range request
```
What Python's own zipfile cannot do: say where every member will be before a byte is written,
and give the same bytes as often as they are asked for.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

_VERSION = 45
"""4.5: needed for ZIP64 (APPNOTE 4.4.3.2)."""
_UTF8 = 0x800
_TIME, _DATE = 0, 0x21
"""1980-01-01, the first day there is in a zip: the same pixels give the same bytes."""
_MANY = 0xFFFFFFFF
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_64 = struct.Struct("<2H2Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_CENTRAL_64 = struct.Struct("<2H3Q")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
COMMENT = json.dumps(
    {"ome": {"version": "0.5", "zipFile": {"centralDirectory": {"jsonFirst": True}}}}
).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A file in the zip."""

    name: str
    size_bytes: int
    crc32: int
    open: Callable[[], Iterable[bytes]]


class StoredZip:
    """Where everything lies in the zip of `members`, and its bytes."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        heads = [_LOCAL.size + len(member.name.encode()) + _LOCAL_64.size for member in members]
        sizes = [head + member.size_bytes for head, member in zip(heads, members, strict=True)]
        *self._starts, self._directory_at = accumulate(sizes, initial=0)
        self.offsets = [start + head for start, head in zip(self._starts, heads, strict=True)]
        """First byte of each member's own bytes."""
        self._directory_bytes = sum(
            _CENTRAL.size + len(member.name.encode()) + _CENTRAL_64.size for member in members
        )
        ends = _END_64.size + _LOCATOR.size + _END.size + len(COMMENT)
        self.size_bytes = self._directory_at + self._directory_bytes + ends

    def chunks(self) -> Iterator[bytes]:
        """The zip from its beginning."""
        for member in self._members:
            yield _local_header(member)
            yield from member.open()
        for member, start in zip(self._members, self._starts, strict=True):
            yield _central_header(member, start)
        yield self._end()

    def _end(self) -> bytes:
        count, at = len(self._members), self._directory_at
        end_64_at = at + self._directory_bytes
        end_64 = _END_64.pack(
            b"PK\x06\x06",
            _END_64.size - 12,  # this field and the signature are not counted
            *(_VERSION, _VERSION, 0, 0, count, count, self._directory_bytes, at),
        )
        locator = _LOCATOR.pack(b"PK\x06\x07", 0, end_64_at, 1)
        end = _END.pack(b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, _MANY, _MANY, len(COMMENT))
        return end_64 + locator + end + COMMENT


def _local_header(member: Member) -> bytes:
    name = member.name.encode()
    fixed = _LOCAL.pack(
        *(b"PK\x03\x04", _VERSION, _UTF8, 0, _TIME, _DATE),
        *(member.crc32, _MANY, _MANY, len(name), _LOCAL_64.size),
    )
    return fixed + name + _LOCAL_64.pack(1, 16, member.size_bytes, member.size_bytes)


def _central_header(member: Member, start: int) -> bytes:
    name = member.name.encode()
    fixed = _CENTRAL.pack(
        *(b"PK\x01\x02", _VERSION, _VERSION, _UTF8, 0, _TIME, _DATE),
        *(member.crc32, _MANY, _MANY, len(name), _CENTRAL_64.size, 0, 0, 0, 0, _MANY),
    )
    return fixed + name + _CENTRAL_64.pack(1, 24, member.size_bytes, member.size_bytes, start)
