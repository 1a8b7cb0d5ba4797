"""Every pixel, in processes that are not believed and do not outlive their limits."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from PIL import Image

from archive.identifying import decoding
from archive.identifying.decoding import Decoders
from archive.identifying.identify import Identified, identify_files
from archive.identifying.interface import Characteristics, Check, Format, FoundImage
from archive.identifying.limits import Budget, Limits, limits_for
from archive.sources.interface import LeftOut, SourceFile
from tests.archive.identifying.samples import WHOLE, MemorySource, by_pillow, by_tifffile
from tests.kit.shared import shared_data

_ROOT = Path(__file__).resolve().parents[3]
_UNDECODED = {"raw.raf", "raw.cr3"}
_MISBEHAVING = "tests.kit.misbehaving"


def decoded(files: dict[str, bytes], *, threads: int = 2) -> list[Identified]:
    source = MemorySource(files)
    return list(identify_files(source, source.surveyed(), check=Check.DECODE, threads=threads))


def test_every_whole_image_is_decoded() -> None:
    for found in decoded({name: make() for name, (make, _) in WHOLE.items()}):
        assert isinstance(found, FoundImage), found
        raw = found.file.path in _UNDECODED
        assert bool(found.notes) is raw
        assert all(
            note.startswith("its pixels were not decoded: there is no decoder") for note in found.notes
        )


@pytest.mark.parametrize("progressive", [False, True])
def test_lost_pixels_of_a_jpeg_are_found(progressive: bool) -> None:
    """4 KiB of zeros, as a bad block leaves them: libjpeg makes grey of it and says nothing."""
    data = bytearray(by_pillow_noise(progressive=progressive))
    at = len(data) // 2
    data[at : at + 4096] = bytes(4096)
    (found,) = decoded({"a.jpg": bytes(data)})
    assert isinstance(found, LeftOut)
    assert "Corrupt JPEG data" in found.because or "broken JPEG" in found.because


def by_pillow_noise(*, progressive: bool) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 90).convert("RGB").save(out, "JPEG", progressive=progressive)
    return out.getvalue()


def test_lost_pixels_of_a_tiff_are_found() -> None:
    data = bytearray(by_tifffile(photometric="rgb", compression="deflate"))
    at = len(data) // 2
    data[at : at + 500] = bytes(500)
    (found,) = decoded({"a.tif": bytes(data)})
    assert isinstance(found, LeftOut)
    assert found.because.startswith("its pixels cannot be decoded: ")


def test_every_real_specimen_is_decoded() -> None:
    folder = shared_data("specimens")
    source = Folder(folder)
    found = list(identify_files(source, source.surveyed("*.jp*g"), check=Check.DECODE, threads=2))
    assert len(found) == 19
    assert all(isinstance(item, FoundImage) and not item.notes for item in found)


class Folder:
    """Files of this machine, with handles of their own."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def surveyed(self, pattern: str) -> Iterator[SourceFile]:
        for path in sorted(self._root.rglob(pattern)):
            yield SourceFile(
                path=str(path.relative_to(self._root)), size_bytes=path.stat().st_size, modified_ns=0
            )

    def open(self, file: SourceFile) -> BinaryIO:
        return (self._root / file.path).open("rb")


@pytest.mark.parametrize(
    ("what", "because"),
    [
        ("spin!", "its pixels cannot be decoded: the decoder was stopped after 1 s of computing"),
        ("wait!", "its pixels cannot be decoded: the decoder was stopped after 4 s"),
        ("dies!", "its pixels cannot be decoded: the decoder died (SIGSEGV)"),
        ("eats!", "its pixels cannot be decoded: that takes more memory than pixels of its size need"),
        ("lies!", "its header says 47 x 31 pixels, and its decoder [1, 1]"),
        ("hums!", "its pixels cannot be decoded: the decoder gave no answer that makes sense"),
        ("exit!", "its pixels cannot be decoded: the decoder ended without an answer"),
    ],
)
def test_a_decoder_that_misbehaves_is_stopped_and_the_next_image_has_a_new_one(
    what: str, because: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "_PROGRAM", _MISBEHAVING)
    ample = Limits(memory_bytes=2**29, cpu_seconds=100, seconds=300)
    short = Limits(memory_bytes=2**29, cpu_seconds=1, seconds=4 if what == "wait!" else 300)
    monkeypatch.setattr(decoding, "limits_for", lambda image: short if image.file.path == "b.png" else ample)
    data = by_pillow("PNG")
    files = {"a.png": data, "b.png": data + what.encode(), "c.png": data}
    good, bad, next_one = decoded(files, threads=1)
    assert isinstance(good, FoundImage)
    assert bad == LeftOut(path="b.png", because=because)
    assert isinstance(next_one, FoundImage)


def test_an_image_that_needs_more_than_it_declares_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real decoder under a limit that is too small for what it meets."""
    monkeypatch.setattr(
        decoding, "limits_for", lambda _: Limits(memory_bytes=2**24, cpu_seconds=60, seconds=120)
    )
    out = io.BytesIO()
    Image.new("RGB", (6000, 6000)).save(out, "PNG")
    (found,) = decoded({"a.png": out.getvalue()})
    assert isinstance(found, LeftOut)
    assert (
        found.because == "its pixels cannot be decoded: that takes more memory than pixels of its size need"
    )


def test_what_this_machine_cannot_decode_is_said_before_it_is_tried() -> None:
    image = an_image(60_000, 60_000)
    with Decoders(1, Budget(most_bytes=10**9)) as decoders:
        found = decoders.check(MemorySource({}), image)
    assert isinstance(found, LeftOut)
    assert found.because.startswith("to decode it takes 14.")
    assert "1.0 GB are the most" in found.because


def an_image(width: int, height: int, **options: str) -> FoundImage:
    """As the structure of a JPEG tells it."""
    return FoundImage(
        file=SourceFile(path="a.jpg", size_bytes=10**6, modified_ns=0),
        format=Format(media_type="image/jpeg", puid=None, name=None, version=None),
        characteristics=Characteristics(
            width_px=width,
            height_px=height,
            bits_per_sample=8,
            samples_per_pixel=3,
            **options,  # type: ignore[arg-type]  # texts only
        ),
    )


def test_limits_follow_the_declared_size() -> None:
    small, large = limits_for(an_image(100, 100)), limits_for(an_image(20_000, 20_000))
    progressive = limits_for(an_image(20_000, 20_000, compression="JPEG (progressive)"))
    assert small.memory_bytes < 200e6
    assert 1.2e9 < large.memory_bytes < 2e9
    assert progressive.memory_bytes - large.memory_bytes == 400_000_000 * 3 * 2
    assert (small.cpu_seconds, large.cpu_seconds) == (21, 820)


def test_decoders_end_with_their_context() -> None:
    source = MemorySource({"a.png": by_pillow("PNG")})
    (image,) = identify_files(source, source.surveyed(), check=Check.STRUCTURE, threads=1)
    assert isinstance(image, FoundImage)
    with Decoders(1) as decoders:
        assert isinstance(decoders.check(source, image), FoundImage)
        (decoder,) = decoders._all
        assert decoder._process is not None
        process = decoder._process
        assert process.poll() is None
    assert process.poll() is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_decoder_ends_when_whoever_asked_it_was_killed(tmp_path: Path) -> None:
    """What is asked hangs, and nobody is left to stop it."""
    hangs = tmp_path / "hangs"
    hangs.write_bytes(b"wait!")
    asking = f"""
import json, os, socket
from archive.identifying import decoding
from archive.identifying.decoding import Decoder
decoding._PROGRAM = {_MISBEHAVING!r}
decoder = Decoder()
asked = dict(media_type="image/png", compression="", bits=8, memory_bytes=2**29, cpu_seconds=900)
line = json.dumps(asked).encode() + b"\\n"
socket.send_fds(decoder._running(), [line], [os.open({str(hangs)!r}, os.O_RDONLY)])
print(decoder._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    ran = subprocess.run(
        [sys.executable, "-c", asking], capture_output=True, text=True, check=False, cwd=_ROOT
    )
    pid = int(ran.stdout)
    until = time.monotonic() + 60
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
