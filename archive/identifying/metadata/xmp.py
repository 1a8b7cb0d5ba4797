"""XMP packets (ISO 16684-1), parsed without entities, without a document type, and bounded."""

from __future__ import annotations

import re
from xml.parsers import expat

from archive.identifying.metadata.exif import Described, camera
from archive.identifying.structure import Broken

MOST_BYTES = 1024 * 1024
"""A larger packet (masks and histories of photo editors) is not looked into."""
_WANTED = {
    "http://ns.adobe.com/exif/1.0/ DateTimeOriginal": "taken",
    "http://ns.adobe.com/photoshop/1.0/ DateCreated": "made",
    "http://ns.adobe.com/xap/1.0/ CreateDate": "digitised",
    "http://ns.adobe.com/tiff/1.0/ Make": "make",
    "http://ns.adobe.com/tiff/1.0/ Model": "model",
}
_MOMENT = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?")
_MOST_LETTERS = 200


class _Packet:
    """The few properties we ask for, as attributes or as elements, the first of each."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._open: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open = _WANTED.get(name)
        for attribute, value in attributes.items():
            self._keep(_WANTED.get(attribute), value)

    def text(self, data: str) -> None:
        if self._open is not None:
            self._keep(self._open, data)

    def end(self, _: str) -> None:
        self._open = None

    def _keep(self, name: str | None, value: str) -> None:
        value = value.strip()[:_MOST_LETTERS]
        if name is not None and value and value.isprintable():
            self.found.setdefault(name, value)


def _refuse(*_: object) -> None:
    raise Broken("its XMP has a document type or an entity, which XMP may not have")


def from_bytes(data: bytes) -> Described:
    """What a packet tells. Raises Broken where it is not XML, or is XML that does things."""
    packet = _Packet()
    parser = expat.ParserCreate(namespace_separator=" ")
    # A document type is refused before any entity can be declared: nothing expands, nothing is fetched.
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.buffer_text = True
    parser.StartElementHandler = packet.start
    parser.EndElementHandler = packet.end
    parser.CharacterDataHandler = packet.text
    try:
        parser.Parse(data.strip(b"\0 \t\r\n"), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Broken(f"its XMP is not XML ({error})") from None
    return _described(packet.found)


def _described(found: dict[str, str]) -> Described:
    moments = (found.get(name, "") for name in ("taken", "made", "digitised"))
    return Described(
        captured_at=next((moment for moment in moments if _MOMENT.fullmatch(moment)), None),
        camera=camera(found.get("make"), found.get("model")),
    )
