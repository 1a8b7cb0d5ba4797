"""Keys as paths of a folder, and back: readable, reversible, and safe for any key.

`packages/x/bag.tar` is `packages/x/bag.tar`. Two things need more:

* A file name takes 255 bytes. A part of 237 or more is cut, between characters, into pieces
  of 237 to 240 bytes; each piece but the last is a folder, and what continues begins with `+`.
* `lost+found` is the file system's: a part that begins so gets a `~` before it, as does one
  that begins with `~` and then so.

Paths are bytes: a locale that is not UTF-8 must not change where an object lies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdings.stores import interface
from holdings.stores.interface import check_key

OURS = interface.OURS.encode()
NEVER_KEYS = (OURS, b"lost+found")
"""Names in the store's own folder that no key maps to."""
_PIECE_BYTES = 237
_RESERVED = re.compile(rb"~*lost\+found")
_ESCAPED = re.compile(rb"~+lost\+found")


def path_of(key: str) -> bytes:
    """Where the object lies, relative to the store's folder."""
    return b"/".join(_pieces(part) for part in check_key(key).encode().split(b"/"))


def _pieces(part: bytes) -> bytes:
    rest = b"~" + part if _RESERVED.match(part) else part
    pieces = []
    while len(rest) >= _PIECE_BYTES:
        cut = _PIECE_BYTES
        while cut < len(rest) and rest[cut] & 0xC0 == 0x80:  # never inside a character
            cut += 1
        pieces.append(rest[:cut])
        rest = b"+" + rest[cut:]
    return b"/".join([*pieces, rest])


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the store, and what the keys of everything below it begin with."""

    path: bytes
    """Relative to the store's folder; empty for that folder itself."""
    keys_begin: bytes = b""
    continues: bool = False
    """Whether the names in it go on with a part that was too long for one name."""
    is_folder: bool = True
    """If not, it is an object and `keys_begin` is its whole key."""

    def below(self, name: bytes, *, is_folder: bool) -> Place:
        """What a name in this folder stands for.

        Sorting siblings by `keys_begin` sorts the keys below them: a folder's ends with `/`, so
        `a-b` < `a/` < `a0` as in the keys.
        """
        continues = is_folder and len(name) >= _PIECE_BYTES
        said = name[1:] if self.continues or _ESCAPED.match(name) else name
        end = b"/" if is_folder and not continues else b""
        path = self.path + b"/" + name if self.path else name
        return Place(path, self.keys_begin + said + end, continues, is_folder)


def place_of(prefix: str) -> Place:
    """The deepest folder that holds every key beginning with `prefix`."""
    folder, slash, _ = prefix.rpartition("/")
    return Place(path_of(folder), f"{folder}/".encode()) if slash else Place(b"")
