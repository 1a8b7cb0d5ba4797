"""EXIF, XMP and ICC as they are embedded: believed where they make sense, noted where they do not."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from archive.identifying.metadata import exif, icc, xmp
from archive.identifying.metadata.exif import camera, rounded
from archive.identifying.structure import Broken
from tests.archive.identifying.samples import by_pillow, by_tifffile, looked

_PACKET = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" {attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"""


def packet(attributes: str = "", elements: str = "") -> bytes:
    return _PACKET.format(attributes=attributes, elements=elements).encode()


def exif_of(tags: dict[int, object], taken: dict[int, object] | None = None) -> Image.Exif:
    made = Image.Exif()
    for tag, value in tags.items():
        made[tag] = value
    made.get_ifd(34665).update(taken or {})
    return made


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_is_found_in_every_format(kind: str) -> None:
    tags = exif_of({271: "Canon", 272: "Canon EOS 5DS R"}, {36867: "2019:06:20 15:16:42", 36881: "+01:00"})
    found = looked(by_pillow(kind, exif=tags))
    assert found.characteristics.captured_at == "2019-06-20T15:16:42+01:00"
    assert found.characteristics.camera == "Canon EOS 5DS R"
    assert found.notes == ()


def test_exif_of_a_tiff_is_a_directory_of_its_own() -> None:
    mark = 0x01234567
    data = by_tifffile(photometric="rgb", extratags=[(65000, "I", 1, mark, True)])
    data = data.replace(struct.pack("<HHI", 65000, 4, 1), struct.pack("<HHI", 34665, 4, 1))
    at = len(data)
    told = struct.pack("<HHHII", 1, 36867, 2, 20, at + 18) + bytes(4) + b"2019:06:20 15:16:42\0"
    whole = data.replace(struct.pack("<I", mark), struct.pack("<I", at)) + told
    assert looked(whole).characteristics.captured_at == "2019-06-20T15:16:42"
    beyond = looked(data)
    assert beyond.characteristics.captured_at is None
    assert len(beyond.notes) == 1
    assert beyond.notes[0].startswith("its EXIF cannot be read: it ends at byte")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_colour_profile_is_found_in_every_format(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    found = looked(by_pillow(kind, icc_profile=profile.tobytes()))
    assert found.characteristics.icc_profile == ImageCms.getProfileDescription(profile).strip()


@pytest.mark.parametrize(
    ("kind", "options", "ppi"),
    [
        ("JPEG", {"dpi": (600, 600)}, 600.0),
        ("PNG", {"dpi": (300, 300)}, 300.0),
        ("TIFF", {"dpi": (400, 400)}, 400.0),
        ("TIFF", {"resolution_unit": 3, "x_resolution": 118.1102, "y_resolution": 118.1102}, 300.0),
        ("BMP", {"dpi": (96, 96)}, 96.0),
        ("JPEG", {}, None),
        ("PNG", {}, None),
    ],
)
def test_the_resolution_is_per_inch(kind: str, options: dict[str, Any], ppi: float | None) -> None:
    assert looked(by_pillow(kind, **options)).characteristics.resolution_ppi == ppi


def test_the_resolution_of_a_jp2_is_per_metre() -> None:
    """ISO/IEC 15444-1, I.5.3.7: numerator, denominator, exponent."""
    inner = struct.pack(">I4sHHHHbb", 18, b"resc", 11811, 1, 11811, 1, 0, 0)
    data = by_pillow("JPEG2000")
    at = data.index(b"jp2h") - 4
    (size,) = struct.unpack_from(">I", data, at)
    res = struct.pack(">I4s", 8 + len(inner), b"res ") + inner
    whole = (
        data[:at] + struct.pack(">I", size + len(res)) + data[at + 4 : at + size] + res + data[at + size :]
    )
    assert looked(whole).characteristics.resolution_ppi == 300.0


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_xmp_tells_what_exif_does_not(kind: str) -> None:
    told = packet('exif:DateTimeOriginal="2024-05-06T07:08:09.5+02:00"', "<tiff:Model>SatScan</tiff:Model>")
    found = looked(_with_xmp(kind, told))
    assert found.characteristics.captured_at == "2024-05-06T07:08:09.5+02:00"
    assert found.characteristics.camera == "SatScan"


def _with_xmp(kind: str, told: bytes) -> bytes:
    if kind == "TIFF":
        return by_pillow("TIFF", tiffinfo={700: told})
    if kind == "JPEG":
        return by_pillow("JPEG", xmp=told)
    data = by_pillow("PNG")
    body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + told
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


_BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
_OUTSIDE = b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
@pytest.mark.parametrize("told", [_BOMB, _OUTSIDE])
def test_xmp_that_does_things_is_noted_and_not_done(kind: str, told: bytes) -> None:
    found = looked(_with_xmp(kind, told))
    assert found.notes == ("its XMP has a document type or an entity, which XMP may not have",)
    assert found.characteristics.captured_at is None


def test_xmp_of_any_depth_is_read() -> None:
    assert xmp.from_bytes(b"<a>" * 50_000 + b"</a>" * 50_000).captured_at is None


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_xmp_may_be_anything(data: bytes) -> None:
    for told in (data, packet() + data, b"<" + data + b">"):
        with contextlib.suppress(Broken):
            xmp.from_bytes(told)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_exif_and_profiles_may_be_anything(data: bytes) -> None:
    whole = len(data) + 132
    profile = struct.pack(">I", whole).ljust(36, b"\0") + b"acsp"
    for read, told in (
        (exif.from_bytes, b"II*\0\x08\0\0\0" + data),
        (exif.from_bytes, b"MM\0*\0\0\0\x08" + data),
        (icc.description, profile.ljust(128, b"\0") + struct.pack(">I", 3) + data),
    ):
        with contextlib.suppress(Broken):
            read(told)


def test_a_damaged_profile_is_noted() -> None:
    found = looked(by_pillow("JPEG", icc_profile=b"no profile" * 20))
    assert found.characteristics.icc_profile is None
    assert found.notes == ("its ICC profile is damaged",)


def test_a_profile_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    data = by_pillow("PNG")
    body = b"iCCPbomb\0\0" + zlib.compress(bytes(100_000_000), 9)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    assert looked(data[:33] + chunk + data[33:]).notes == ("its ICC profile cannot be unpacked",)


def test_a_profile_in_pieces_is_put_together() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at, size = 128, int.from_bytes(profile[:4], "big")
    padded = struct.pack(">I", size + 100_000) + profile[4:at] + profile[at:] + bytes(100_000)
    found = looked(by_pillow("JPEG", icc_profile=padded))
    assert found.characteristics.icc_profile == "sRGB built-in"


@pytest.mark.parametrize(
    ("make", "model", "both"),
    [
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("Phase One", "IQ3 100MP", "Phase One IQ3 100MP"),
        (None, "SatScan", "SatScan"),
        ("EPSON", None, "EPSON"),
        (None, None, None),
    ],
)
def test_a_camera_has_its_maker_once(make: str | None, model: str | None, both: str | None) -> None:
    assert camera(make, model) == both


@pytest.mark.parametrize(
    "taken", ["0000:00:00 00:00:00", "    :  :     :  :  ", "2019:13:01 00:00:00", "today"]
)
def test_a_camera_without_a_clock_took_it_at_no_time(taken: str) -> None:
    found = looked(by_pillow("JPEG", exif=exif_of({}, {36867: taken})))
    assert found.characteristics.captured_at is None


def test_resolutions_are_what_was_meant() -> None:
    assert rounded(11811 * 0.0254) == 300.0
    assert rounded(72.5) == 72.5
    assert rounded(0) is None
    assert rounded(1e9) is None


def test_exif_that_cannot_be_read_is_noted() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=b"Exif\0\0XX*\0garbage")
    assert looked(out.getvalue()).notes == ("its EXIF does not begin as a TIFF",)
