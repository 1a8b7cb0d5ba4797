"""What a file was found to be, as the two columns that keep it."""

from __future__ import annotations

import json
from dataclasses import fields

from archive.identifying.interface import Characteristics, Format, FoundImage, Sidecar
from archive.sources.interface import LeftOut, SourceFile

_CHARACTERISTICS = tuple(field.name for field in fields(Characteristics))


def encode_found(found: FoundImage | Sidecar | LeftOut) -> tuple[str, str]:
    """Kind and text."""
    if isinstance(found, LeftOut):
        return "out", found.because
    told: dict[str, object] = {
        "format": [found.format.media_type, found.format.puid, found.format.name, found.format.version]
    }
    if found.notes:
        told["notes"] = found.notes
    if isinstance(found, Sidecar):
        return "sidecar", json.dumps(told, ensure_ascii=False)
    for name in _CHARACTERISTICS:
        if (value := getattr(found.characteristics, name)) is not None:
            told[name] = value
    return "image", json.dumps(told, ensure_ascii=False)


def decode_found(file: SourceFile, kind: str, known: str) -> FoundImage | Sidecar:
    """The inverse of `encode_found`, for what goes into a bag."""
    told = json.loads(known)
    media_type, puid, name, version = told.pop("format")
    notes = tuple(told.pop("notes", ()))
    form = Format(media_type=media_type, puid=puid, name=name, version=version)
    if kind == "sidecar":
        return Sidecar(file=file, format=form, notes=notes)
    return FoundImage(file=file, format=form, characteristics=Characteristics(**told), notes=notes)
