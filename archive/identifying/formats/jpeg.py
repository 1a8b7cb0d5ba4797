"""JPEG (ITU-T T.81; JFIF 1.02; EXIF 2.32; multi-picture format, CIPA DC-007).

Whole to the last byte means: every segment up to the scan is in order, and

- one scan: the file ends with the end-of-image marker. Coded data cannot hold it (a byte FF in
  them is followed by 00), so the data before it need not be read. Where the file ends otherwise,
  they are searched for it, and what follows it is told;
- several scans (progressive): every marker is walked to, because a table between two scans may
  hold the bytes of an end-of-image marker.

A cut anywhere is found. What structure cannot tell: bits that are wrong inside the coded data.
"""

from __future__ import annotations

from archive.identifying.formats.jpeg_scans import Frame, end_of_image
from archive.identifying.formats.jpeg_segments import Segments, read_segments
from archive.identifying.interface import Characteristics
from archive.identifying.metadata.embedded import Embedded
from archive.identifying.metadata.exif import rounded
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_CM_PER_INCH = 2.54
_MOST_TELLING_BYTES = 8 * 1024


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    segments = read_segments(data)
    end = end_of_image(data, segments.frame, segments.scan_at)
    embedded, notes = _embedded(segments), []
    pictures = _check_pictures(data, segments.pictures)
    if pictures > 1:
        notes.append(f"it holds {pictures} pictures (MPF); the first is described")
    elif end != data.size:
        notes.append(f"{data.size - end} bytes follow the end of the image at byte {end}")
    return Structure(
        media_type="image/jpeg",
        characteristics=_characteristics(segments, embedded),
        notes=(*notes, *embedded.notes),
        telling=((0, min(segments.scan_at, _MOST_TELLING_BYTES)), (end - 2, 2)),
    )


def _embedded(segments: Segments) -> Embedded:
    embedded = Embedded()
    if segments.exif is not None:
        embedded.add_exif(segments.exif)
    if segments.xmp is not None:
        embedded.add_xmp(segments.xmp)
    if segments.icc:
        embedded.add_icc(b"".join(part for _, part in sorted(segments.icc)))
    return embedded


def _characteristics(segments: Segments, embedded: Embedded) -> Characteristics:
    frame, described = segments.frame, embedded.described
    return Characteristics(
        width_px=frame.width,
        height_px=frame.height,
        bits_per_sample=frame.precision,
        samples_per_pixel=len(frame.components),
        colour_space=_colour_space(frame, segments.adobe_transform),
        icc_profile=embedded.icc_profile,
        resolution_ppi=_resolution(segments.density) or described.resolution_ppi,
        pages=1,
        compression=f"JPEG ({frame.process})",
        captured_at=described.captured_at,
        camera=described.camera,
    )


def _resolution(density: tuple[int, int] | None) -> float | None:
    unit, value = density or (0, 0)
    if unit not in (1, 2) or value < 2:  # JFIF's 1 x 1 is an aspect ratio, whatever its unit says
        return None
    return rounded(value * _CM_PER_INCH if unit == 2 else value)


def _colour_space(frame: Frame, adobe_transform: int | None) -> str | None:
    if len(frame.components) == 3:
        named = bytes(component.number for component in frame.components) == b"RGB"
        return "RGB" if adobe_transform == 0 or (adobe_transform is None and named) else "YCbCr"
    if len(frame.components) == 4:
        return "YCCK" if adobe_transform == 2 else "CMYK"
    return "grey" if len(frame.components) == 1 else None


def _check_pictures(data: Bytes, pictures: list[tuple[int, int]]) -> int:
    """How many pictures the file holds. Broken where one of them ends beyond the file."""
    for number, (offset, size) in enumerate(pictures, start=1):
        if offset + size > data.size:
            raise Broken(
                f"it ends at byte {data.size}, and its picture {number} of {len(pictures)} (MPF) "
                f"would end at byte {offset + size}"
            )
    return max(1, len(pictures))
