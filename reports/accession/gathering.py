"""Reads one deposit and gives plain data: pictures of some images, sums of all, and some rows or all.

The receipt's own document (`archive.receipting`) is where it comes from; what a depositor was told and
what this report tells are read by one piece of code.
"""

from __future__ import annotations

import base64
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import Any

from archive.collection.thumbnails import NotShown, Thumbnail, thumbnails
from archive.receipt import ReceiptDocument
from archive.receipting import recollect
from holdings.errors import BadInput
from holdings.house import House
from holdings.records import EventType, Image, check_package_id, package_of_image, short
from reports.asking import asked, quoted

Data = dict[str, Any]
MOST_PICTURES = 60
PICTURE_BYTES = 260_000
"""Of all pictures together: with its data inside the page is below 1 MB."""
READ_BYTES = 2_000_000_000
"""Of all originals that are read for pictures."""
PAGE_ROWS = 150
ALL_ROWS = 250_000
"""A workbook and a folder of tables take so many; the receipt's JSON has every one."""
_VALUES = 5
_DISTINCT = 10_000


def bags_of(house: House, identifier: str) -> list[str]:
    """The bags of the deposit that `identifier` (of a bag, or of an image in it) belongs to, in their order.

    Raises NotFound for what is not held.
    """
    package_id = package_of_image(identifier) if "." in identifier else check_package_id(identifier)
    house.catalogue.package(package_id)
    created = house.catalogue.events(package_id=package_id, types=[EventType.PACKAGE_CREATION], latest=1)
    if not created or created[0].detail.get("bags", 1) == 1:
        return [package_id]
    found = asked(
        house.catalogue,
        f"""
        SELECT DISTINCT package_id FROM events
        WHERE event_type = {quoted(EventType.PACKAGE_CREATION)} AND run = {quoted(created[0].run)}
        """,  # noqa: S608  # quoted
    )
    numbers = {
        each["package_id"]: event.detail.get("bag", 0)
        for each in found
        for event in house.catalogue.events(
            package_id=each["package_id"], types=[EventType.PACKAGE_CREATION], latest=1
        )
    }
    return sorted(numbers, key=lambda name: (int(str(numbers[name])), name))


def gather_deposit(house: House, identifier: str, *, rows: int = PAGE_ROWS) -> Data:
    """Everything that a report says of the deposit that `identifier` belongs to.

    rows : of images, copies and events, at most.

    Raises NotFound, and BadInput where it is no deposit.
    """
    document = recollect(house, bags_of(house, identifier))
    tally = _Tally(document, hidden=_withdrawn(house, document), rows=rows)
    for image in document.images():
        tally.add(image)
    names = [bag.package_id for bag in document.bags]
    pictures = list(_pictures(house, tally.chosen))
    return {
        "catalogue_id": house.catalogue.catalogue_id,
        "agent": house.agent,
        "made_at": short(house.clock.now()),
        "deposit": document.deposit,
        "collection": document.collection,
        "organization": document.organization,
        "deposited_at": short(document.bags[0].deposited_at),
        "images": document.image_count,
        "image_bytes": document.size_bytes,
        "withdrawn": tally.withdrawn,
        "fewest_copies": min(len(bag.copies) for bag in document.bags),
        "algorithms": list(document.algorithms),
        "matched": _matched(document),
        "bags": [
            {"package_id": bag.package_id, "images": bag.images, "bytes": bag.size_bytes}
            for bag in islice(document.bags, rows)
        ],
        "bag_count": len(document.bags),
        "bag_bytes": sum(bag.size_bytes for bag in document.bags),
        "copies": list(islice(_copies(house, names), rows)),
        "formats": tally.formats(),
        "pictures": [each for each in pictures if "jpeg" in each],
        "not_shown": _reasons(each["because"] for each in pictures if "because" in each),
        "terms": tally.terms(),
        "rows": tally.rows,
        **_events(house, names, rows),
    }  # fmt: skip


def _withdrawn(house: House, document: ReceiptDocument) -> set[str]:
    return {
        withdrawal.subject
        for bag in document.bags
        for withdrawal in house.catalogue.withdrawals(package_id=bag.package_id)
    }


def _pictures(house: House, images: Sequence[Image]) -> Iterator[Data]:
    spent = 0
    for found in thumbnails(house, images):
        if isinstance(found, NotShown):
            yield {"because": found.because}
        elif spent + len(found.jpeg) > PICTURE_BYTES:
            yield {"because": "there are enough pictures on this page"}
        else:
            spent += len(found.jpeg)
            yield _picture(found)


def _picture(found: Thumbnail) -> Data:
    return {
        "image_id": found.image.image_id,
        "path": found.image.path,
        "specimen": found.image.specimen,
        "jpeg": base64.b64encode(found.jpeg).decode("ascii"),
        "width_px": found.width_px,
        "height_px": found.height_px,
    }


def _reasons(reasons: Iterable[str]) -> list[Data]:
    counted = Counter(reasons)
    return [{"because": because, "images": n} for because, n in counted.most_common(_VALUES)]


def _matched(document: ReceiptDocument) -> Data | None:
    found = document.matched
    return None if found is None else {"with": found.matched, "without": len(found.images_without_record)}


def _copies(house: House, package_ids: Sequence[str]) -> Iterator[Data]:
    """Every copy of every bag, whatever is known of it."""
    for package_id in package_ids:
        for copy in house.catalogue.copies(package_id=package_id):
            store = house.settings.stores.get(copy.store)
            yield {
                "package_id": package_id,
                "store": copy.store,
                "tier": store.tier if store else None,
                "domain": store.domain if store else None,
                "status": str(copy.status),
                "verified_at": short(copy.verified_at) if copy.verified_at else None,
            }


@dataclass(kw_only=True)
class _Kind:
    """What is known of the images of one format."""

    images: int = 0
    size_bytes: int = 0
    colours: set[str] = field(default_factory=set)
    pixels: array[float] = field(default_factory=lambda: array("d"))
    """Of each image, in megapixels."""
    smallest: tuple[int, int, int] | None = None
    """Pixels, width, height."""
    largest: tuple[int, int, int] | None = None

    def add(self, image: Image) -> None:
        self.images += 1
        self.size_bytes += image.size_bytes
        self.colours.add(_colours(image))
        if image.width_px and image.height_px:
            size = (image.width_px * image.height_px, image.width_px, image.height_px)
            self.pixels.append(size[0] / 1e6)
            self.smallest = min(size, self.smallest or size)
            self.largest = max(size, self.largest or size)

    def told(self) -> Data:
        return {
            "images": self.images,
            "bytes": self.size_bytes,
            "colours": _several(self.colours),
            "smallest": _sides(self.smallest),
            "median_megapixels": round(median(self.pixels), 3) if self.pixels else None,
            "largest": _sides(self.largest),
        }


def _sides(size: tuple[int, int, int] | None) -> str | None:
    return f"{size[1]} \N{MULTIPLICATION SIGN} {size[2]}" if size else None


class _Tally:
    """Sums over images as they pass: of a million, no more is kept than of a thousand."""

    def __init__(self, document: ReceiptDocument, *, hidden: set[str], rows: int) -> None:
        self._hidden, self._most_rows = hidden, rows
        self._kinds: defaultdict[tuple[str, str], _Kind] = defaultdict(_Kind)
        self._values: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._with_term: Counter[str] = Counter()
        self._number = 0
        self._wanted = _spread(document.image_count, document.size_bytes)
        self.withdrawn = 0
        self.rows: list[Data] = []
        self.chosen: list[Image] = []

    def add(self, image: Image) -> None:
        """Count it; what is withdrawn is counted as that, and nothing of it is told."""
        number, self._number = self._number, self._number + 1
        if self._hidden & {image.image_id, image.package_id}:
            self.withdrawn += 1
            return
        self._kinds[image.media_type, image.puid or ""].add(image)
        for term, value in image.terms.items():
            self._with_term[term] += 1
            # Of numbers and identifiers nearly every value is another: they are counted, not kept.
            if value in self._values[term] or len(self._values[term]) < _DISTINCT:
                self._values[term][value] += 1
        if len(self.rows) < self._most_rows:
            self.rows.append(_row(image))
        if number in self._wanted:
            self.chosen.append(image)

    def formats(self) -> list[Data]:
        """By media type and PRONOM identifier, the most frequent first."""
        ordered = sorted(self._kinds.items(), key=lambda item: (-item[1].images, item[0]))
        return [
            {"media_type": media_type, "puid": puid or None, **kind.told()}
            for (media_type, puid), kind in ordered
        ]

    def terms(self) -> list[Data]:
        """Which terms the matched records brought: how many images have each, and its commonest values."""
        return [
            {
                "term": term,
                "images": self._with_term[term],
                "distinct": len(found),
                "commonest": [[value, n] for value, n in sorted(found.items(), key=_commonest)[:_VALUES]],
            }
            for term, found in sorted(self._values.items())
        ]


def _spread(images: int, size_bytes: int) -> frozenset[int]:
    """The numbers of as many images as are shown, evenly spread; fewer where they are very large."""
    most = max(2, min(MOST_PICTURES, int(READ_BYTES * images / max(size_bytes, 1))))
    if images <= most:
        return frozenset(range(images))
    return frozenset(round(n * (images - 1) / (most - 1)) for n in range(most))


def _colours(image: Image) -> str:
    bits = f"{image.bits_per_sample} bit" if image.bits_per_sample else ""
    return " ".join(word for word in (bits, image.colour_space or "") if word)


def _several(words: set[str]) -> str:
    named = sorted(word for word in words if word)
    return ", ".join(named[:3]) + (" …" if len(named) > 3 else "")  # a few


def _commonest(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _row(image: Image) -> Data:
    return {
        "image_id": image.image_id,
        "path": image.path,
        "media_type": image.media_type,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "bytes": image.size_bytes,
        "specimen": image.specimen,
        "sha256": image.sha256,
    }


def _events(house: House, package_ids: Sequence[str], rows: int) -> Data:
    """What happened, oldest first; the latest are left out where there are too many."""
    found: list[Data] = []
    total = 0
    for package_id in package_ids:
        events = house.catalogue.events(package_id=package_id)
        total += len(events)
        found += [
            {
                "at": short(event.at),
                "event": str(event.event_type),
                "package_id": event.package_id,
                "store": event.store,
                "outcome": str(event.outcome),
                "agent": event.agent,
                "detail": ", ".join(f"{key} {value}" for key, value in sorted(event.detail.items())),
            }
            for event in events[: max(rows - len(found), 0)]
        ]
    return {"events": sorted(found, key=lambda each: str(each["at"])), "event_count": total}


def trimmed(data: Data, rows: int) -> Data:
    """The same with at most so many rows of each kind, for a page."""
    return {**data, **{name: data[name][:rows] for name in ("bags", "copies", "rows", "events")}}


def check_fits(data: Data) -> None:
    """Raise BadInput where there are more images than a workbook or a folder of tables takes."""
    if data["images"] - data["withdrawn"] > ALL_ROWS:
        raise BadInput(
            f"The deposit has {data['images']:,} images, and tables take at most {ALL_ROWS:,} rows.",
            hint="holdfast receipt writes JSON with every one.",
        )
