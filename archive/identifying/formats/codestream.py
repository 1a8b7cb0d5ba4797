"""The codestream of JPEG 2000, from its first marker to its last (ISO/IEC 15444-1, annex A)."""

from __future__ import annotations

from dataclasses import dataclass, field

from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken

_SOC, _SIZ, _COD, _SOT, _SOD, _EOC = 0xFF4F, 0xFF51, 0xFF52, 0xFF90, 0xFF93, 0xFFD9
_MOST_TILES = 65_535
_MOST_TILE_PARTS = 2**18
_MOST_SEGMENTS = 10_000
_MOST_COMPONENTS = 16_384


@dataclass(kw_only=True, slots=True)
class Codestream:
    """What its main header declares."""

    width: int
    height: int
    components: int
    bits: int
    """Of the deepest component."""
    tiles: int
    transformation: str = ""
    tiles_at: int = 0
    """Offset of the first tile-part: its header ends there."""
    notes: list[str] = field(default_factory=list)


def walk_codestream(data: Bytes, start: int, end: int) -> Codestream:
    """Every tile-part from `start` to `end`. Raises Broken."""
    if end - start < 2 or data.number(start, 2, "the codestream") != _SOC:
        raise Broken(f"at byte {start} begins no codestream")
    declared = _main_header(data, start + 2)
    at = declared.tiles_at
    parts: dict[int, list[int]] = {}
    for _ in range(_MOST_TILE_PARTS):
        marker = data.number(at, 2, "the end marker of the codestream")
        if marker == _EOC:
            _check_tiles(declared, parts)
            if at + 2 != end:
                declared.notes.append(
                    f"{end - at - 2} bytes follow the end of the codestream at byte {at + 2}"
                )
            return declared
        if marker != _SOT:
            raise Broken(
                f"at byte {at} stands {marker:04X} where a tile-part or the end of the codestream must be"
            )
        at = _tile_part(data, at, end, parts)
    raise Broken(f"it has more than {_MOST_TILE_PARTS} tile-parts")


def _main_header(data: Bytes, at: int) -> Codestream:
    declared: Codestream | None = None
    for _ in range(_MOST_SEGMENTS):
        marker = data.number(at, 2, "the main header of the codestream")
        if marker == _SOT:
            break
        size = data.number(at + 2, 2, "the main header of the codestream")
        if marker < 0xFF00 or size < 2 or (declared is None) != (marker == _SIZ):
            raise Broken(f"the main header of the codestream is damaged at byte {at}")
        body = data.at(at + 4, size - 2, f"the segment at byte {at}")
        if marker == _SIZ:
            declared = _size(body, at)
        elif marker == _COD and declared is not None:
            declared.transformation = "reversible" if body[9:10] == b"\1" else "irreversible"
        at += 2 + size
    if declared is None or not declared.transformation:
        raise Broken(f"the main header of the codestream is not whole at byte {at}")
    declared.tiles_at = at
    return declared


def _size(body: bytes, at: int) -> Codestream:
    numbers = [int.from_bytes(body[i : i + 4], "big") for i in range(2, 34, 4)]
    right, bottom, left, top, tile_width, tile_height, tile_left, tile_top = numbers
    components = int.from_bytes(body[34:36], "big")
    if len(body) != 36 + 3 * components or not 1 <= components <= _MOST_COMPONENTS:
        raise Broken(f"the image size (marker SIZ at byte {at}) has a wrong length")
    if not (left < right and top < bottom and tile_width and tile_height):
        raise Broken(f"the image size (marker SIZ at byte {at}) is of no image")
    across, down = -(-(right - tile_left) // tile_width), -(-(bottom - tile_top) // tile_height)
    if not 1 <= across * down <= _MOST_TILES or min(across, down) < 1:
        raise Broken(f"the image size (marker SIZ at byte {at}) makes {across} x {down} tiles")
    bits = max((body[i] & 0x7F) + 1 for i in range(36, len(body), 3))
    return Codestream(
        width=right - left, height=bottom - top, components=components, bits=bits, tiles=across * down
    )


def _tile_part(data: Bytes, at: int, end: int, parts: dict[int, list[int]]) -> int:
    """Where the next one begins."""
    head = data.at(at, 12, f"the tile-part at byte {at}")
    tile, length = int.from_bytes(head[4:6], "big"), int.from_bytes(head[6:10], "big")
    if head[2:4] != b"\0\x0a" or 0 < length < 14:
        raise Broken(f"the tile-part at byte {at} is damaged")
    if not length:  # allowed for the last one: it goes on to the end-of-codestream marker
        if data.number(end - 2, 2, "the end of the codestream") != _EOC:
            raise Broken(f"the codestream ends at byte {end} without its end marker: its end is missing")
        length = end - 2 - at
    if at + length > end:
        raise Broken(f"the codestream ends at byte {end}, and its tile-part would end at byte {at + length}")
    counted = parts.setdefault(tile, [0, 0])
    counted[0] += 1
    counted[1] = max(counted[1], head[11])
    return at + length


def _check_tiles(declared: Codestream, parts: dict[int, list[int]]) -> None:
    missing = next((tile for tile in range(declared.tiles) if tile not in parts), None)
    if missing is not None or len(parts) != declared.tiles:
        raise Broken(f"it has {len(parts)} of {declared.tiles} tiles; the first that is missing is {missing}")
    for tile, (there, promised) in parts.items():
        if promised and there != promised:
            raise Broken(f"tile {tile} has {there} of its {promised} parts")
