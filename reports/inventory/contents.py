"""What the images are: their formats, and what they show."""

from __future__ import annotations

from typing import Any

from reports.document import Block, Column, Shown, Side, Table
from reports.figures.bars import Bars
from reports.numbers import si_bytes

Data = dict[str, Any]
_ROWS = 24
_OTHERS = "all others"
_NOT_TOLD = "not told"


def kinds_shown(data: Data) -> Block:
    """Formats, and what the images show."""
    pictures = (
        _sums(data, "media_type", "formats", "Bytes by format", "format"),
        _sums(data, "object_type", "object-types", "Bytes by what the images show", "basisOfRecord"),
    )
    return Side(shown=pictures)


def _sums(data: Data, key: str, name: str, title: str, heading: str) -> Shown:
    sums: dict[str, list[int]] = {}
    for each in data["formats"]:
        found = sums.setdefault(each[key] or _NOT_TOLD, [0, 0])
        found[0] += each["images"]
        found[1] += each["bytes"]
    ordered = sorted(sums.items(), key=lambda item: (-item[1][1], item[0]))
    chosen, rest = ordered[:_ROWS], ordered[_ROWS:]
    if rest:
        chosen.append((_OTHERS, [sum(each[1][0] for each in rest), sum(each[1][1] for each in rest)]))
    table = Table(
        name=name,
        caption=(
            f"Images that are given out, by {heading}; one copy counted, withdrawn images not. "
            f"Source: the image index of catalogue {data['catalogue_id']}."
        ),
        columns=(
            Column(heading=heading),
            Column(heading="images", kind="count"),
            Column(heading="bytes", kind="bytes"),
        ),
        rows=tuple((word, images, size) for word, (images, size) in chosen),
    )
    told = "; ".join(f"{word} {si_bytes(size)}" for word, (_, size) in chosen) or "No image is held."
    return Shown(picture=Bars(name=name, title=title, description=told, value=2), table=table)
