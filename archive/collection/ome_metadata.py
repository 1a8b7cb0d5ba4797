"""What an image says of itself: OME-Zarr 0.5 (ngff.openmicroscopy.org/0.5) in Zarr v3 metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from archive.collection.codecs import Codec
from archive.collection.interface import Facts
from archive.collection.shapes import Form, Level

Json = dict[str, Any]
OURS = "holdfast"
"""The attribute that holds what OME-Zarr has no word for."""
_COLOURS = {
    "R": "FF0000",
    "G": "00FF00",
    "B": "0000FF",
    "C": "00FFFF",
    "M": "FF00FF",
    "Y": "FFFF00",
}
_GREY = "FFFFFF"
_TYPES = {"c": "channel", "z": "space", "y": "space", "x": "space"}
_LARGEST = {"uint8": 255, "uint16": 65535, "float32": 1.0}


def array_path(level: Level) -> str:
    """Where a level's array lies: in a group of its own, so that xarray opens the whole as a DataTree."""
    return f"scale{level.number}/image"


def documents(form: Form, arrays: Mapping[str, Json], facts: Facts) -> list[tuple[str, bytes]]:
    """Every zarr.json with its name, breadth-first, the root first; the root knows all of the others.

    arrays : the metadata of each level's array, by path.
    """
    groups = {path.partition("/")[0]: _group({}) for path in arrays}
    root = _group({"ome": ome(form), OURS: dict(facts)})
    # Consolidated as zarr-python writes it: one request opens the whole hierarchy.
    root["consolidated_metadata"] = {
        "kind": "inline",
        "must_understand": False,
        "metadata": {**groups, **arrays},
    }
    named = [("", root), *groups.items(), *arrays.items()]
    return [_named(path, document) for path, document in named]


def array_documents(arrays: Mapping[str, Json]) -> list[tuple[str, bytes]]:
    """Those of them that the arrays have for themselves."""
    return [_named(path, document) for path, document in arrays.items()]


def _named(path: str, document: Json) -> tuple[str, bytes]:
    return f"{path}/zarr.json".lstrip("/"), _bytes(document)


def _group(attributes: Json) -> Json:
    return {"attributes": attributes, "node_type": "group", "zarr_format": 3}


def _bytes(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def array(form: Form, level: Level, codec: Codec, *, shard: Sequence[int] | None = None) -> Json:
    """The metadata of one level's array.

    shard : the shape of a shard; None where every tile is an object (or member) of its own.
    """
    chunk = list(form.chunk(level))
    chain = [*_transposition(form), *codec.zarr]
    return {
        "attributes": {},
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shard or chunk)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [_sharding(chunk, chain)] if shard else chain,
        "data_type": form.dtype,
        "dimension_names": list(form.axes),
        "fill_value": 0,
        "node_type": "array",
        "shape": list(form.shape(level)),
        "storage_transformers": [],
        "zarr_format": 3,
    }


def _transposition(form: Form) -> list[Json]:
    """OME wants channels first; beside one another they take up to a third less room."""
    if form.is_volume:
        return []
    order = [*range(1, len(form.axes)), 0]
    return [{"name": "transpose", "configuration": {"order": order}}]


def _sharding(chunk: list[int], chain: list[Json]) -> Json:
    index = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    setting = {"chunk_shape": chunk, "codecs": chain, "index_codecs": index, "index_location": "end"}
    return {"name": "sharding_indexed", "configuration": setting}


def ome(form: Form) -> Json:
    """The `ome` attribute: multiscales, and how to show the channels."""
    multiscale = {
        "name": "image",
        "axes": [_axis(form, name) for name in form.axes],
        "datasets": [
            {"path": array_path(level), "coordinateTransformations": transformations(form, level)}
            for level in form.stored
        ],
        "type": "mean of 2 along each axis of space",
        "metadata": {"channels": list(form.channels)},
    }
    return {
        "version": "0.5",
        "multiscales": [multiscale],
        **({} if form.is_volume else {"omero": _omero(form)}),
    }


def _axis(form: Form, name: str) -> Json:
    measured = name in "zyx" and form.spacing_um["zyx".index(name)] is not None
    return {"name": name, "type": _TYPES[name], **({"unit": "micrometer"} if measured else {})}


def transformations(form: Form, level: Level) -> list[Json]:
    """From pixels to micrometres (to pixels of level 0 where nobody said how big they are).

    A pixel of a lower level is the mean of several: its middle lies between theirs.
    """
    spacing = [value if value is not None else 1.0 for value in form.spacing_um]
    scale = [step * factor for step, factor in zip(spacing, level.factor, strict=True)]
    shift = [step * (factor - 1) / 2 for step, factor in zip(spacing, level.factor, strict=True)]
    found = [{"type": "scale", "scale": _along(form, scale, 1.0)}]
    if any(shift):
        found.append({"type": "translation", "translation": _along(form, shift, 0.0)})
    return found


def _along(form: Form, zyx: Sequence[float], channel: float) -> list[float]:
    return [channel if axis == "c" else float(zyx["zyx".index(axis)]) for axis in form.axes]


def _omero(form: Form) -> Json:
    largest = _LARGEST[form.dtype]
    window = {"min": 0, "max": largest, "start": 0, "end": largest}
    channels = [
        {"label": name, "color": _COLOURS.get(name, _GREY), "window": window, "active": name != "A"}
        for name in form.channels
    ]
    return {"channels": channels, "rdefs": {"model": "color" if len(form.channels) > 2 else "greyscale"}}
