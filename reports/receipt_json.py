"""A receipt for programs: lasting keys, `format` 1, an image a line, written as it is made.

```
format          1
deposit         names the deposit
collection, organization, agent
made_at         when the receipt was made, UTC
already_held    the same content was deposited before; nothing was stored twice
algorithms      of the manifests in each bag
accepted        images, bytes, and the paths of the other files that were kept (sidecars)
bags            package_id, deposited_at, images, key, bytes, sha256, and its verified copies
left_out        path and because, for everything in the source that is in no bag
noticed         path and what, for files that were accepted and are odd
matched         metadata, images (how many have a record), and who stayed alone,
                and what was noticed in it
same_names      images whose path the collection held before: how many with other content, the first of
                them, how many with the same content, and packages that hold these
get_back        commands
images          every image: where its bytes lie (key, offset, bytes), its checksums and format
```

`null` stands for what was not written down, never for "nothing": a receipt that was made again
from the catalogue does not know what was left out or noticed,
nor which names were held before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain

from archive.receipt import KeptBag, MatchedRecords, Namesakes, ReceiptDocument
from archive.storing import BAG_NAME
from holdings.clock import iso
from holdings.records import Image, package_prefix

RECEIPT_FORMAT = 1


def receipt_lines(document: ReceiptDocument) -> Iterator[bytes]:
    """The JSON document in pieces, each a line or more."""
    left_out, noticed = document.left_out, document.noticed
    yield _opening(_head(document))
    yield from _list("bags", map(_bag, document.bags))
    if left_out is None:
        yield b',\n"left_out": null'
    else:
        yield from _list("left_out", ({"path": item.path, "because": item.because} for item in left_out))
    if noticed is None:
        yield b',\n"noticed": null'
    else:
        yield from _list("noticed", ({"path": item.path, "what": item.what} for item in noticed))
    yield b',\n"matched": '
    yield from [b"null"] if document.matched is None else _matched(document.matched)
    yield b',\n"same_names": ' + _json(_same_names(document.namesakes))
    yield b',\n"get_back": ' + _json(get_back(document))
    yield from _list("images", map(_image, document.images()))
    yield b"\n}\n"


def get_back(document: ReceiptDocument) -> list[str]:
    """The commands that give it back: every bag, then one image."""
    bags = [f"holdfast export {bag.package_id} {bag.package_id}" for bag in document.bags]
    first = next(document.images(), None)
    return bags if first is None else [*bags, f"holdfast get {first.image_id}"]


def _head(document: ReceiptDocument) -> dict[str, object]:
    return {
        "format": RECEIPT_FORMAT,
        "deposit": document.deposit,
        "collection": document.collection,
        "organization": document.organization,
        "agent": document.agent,
        "made_at": iso(document.made_at),
        "already_held": document.already_held,
        "algorithms": list(document.algorithms),
        "accepted": {
            "images": document.image_count,
            "bytes": document.size_bytes,
            "sidecars": None if document.sidecars is None else list(document.sidecars),
        },
    }


def _bag(bag: KeptBag) -> dict[str, object]:
    return {
        "package_id": bag.package_id,
        "deposited_at": iso(bag.deposited_at),
        "images": bag.images,
        "key": package_prefix(bag.package_id) + BAG_NAME,
        "bytes": bag.size_bytes,
        "sha256": bag.sha256,
        "copies": [
            {
                "store": copy.store,
                "tier": copy.tier,
                "domain": copy.domain,
                "url": copy.url,
                "verified_at": iso(copy.verified_at),
            }
            for copy in bag.copies
        ],
    }


def _matched(matched: MatchedRecords) -> Iterator[bytes]:
    yield b'{"metadata": ' + _json(matched.metadata) + b',\n"images": ' + _json(matched.matched)
    yield from _list("images_without_record", matched.images_without_record)
    if matched.records_without_image is None:
        yield b',\n"records_without_image": null'
    else:
        yield from _list("records_without_image", matched.records_without_image)
    yield from _list("ambiguous", matched.ambiguous)
    yield from _list("noticed", matched.noticed)
    yield b"}"


def _same_names(namesakes: Namesakes | None) -> dict[str, object] | None:
    if namesakes is None:
        return None
    return {
        "other_content": namesakes.other_content,
        "first": [{"path": item.path, "package_id": item.package_id} for item in namesakes.first],
        "same_content": namesakes.same_content,
        "packages": list(namesakes.packages),
    }


def _image(image: Image) -> dict[str, object]:
    return {
        "image_id": image.image_id,
        "package_id": image.package_id,
        "path": image.path,
        "specimen": image.specimen,
        "key": package_prefix(image.package_id) + image.object_key,
        "offset": image.offset,
        "bytes": image.size_bytes,
        "sha256": image.sha256,
        "sha512": image.sha512,
        "media_type": image.media_type,
        "puid": image.puid,
        "width_px": image.width_px,
        "height_px": image.height_px,
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _opening(head: dict[str, object]) -> bytes:
    lines = (_json(name) + b": " + _json(value) for name, value in head.items())
    return b"{\n" + b",\n".join(lines)


def _list(name: str, rows: Iterable[object]) -> Iterator[bytes]:
    """A list of the document, a row a line."""
    yield b",\n" + _json(name) + b": ["
    marks = chain([b"\n"], iter(lambda: b",\n", None))
    for mark, row in zip(marks, rows, strict=False):
        yield mark + _json(row)
    yield b"\n]"
