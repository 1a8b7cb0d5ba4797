"""Every pixel, decoded in processes of their own that are stopped when they hang or eat memory.

A decoder is given an open file and may do nothing but answer. One that dies, hangs or answers
something else than the header declared is not believed: the image is left out, it is started anew.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

from archive.beside import begin_beside
from archive.identifying.interface import FoundImage
from archive.identifying.limits import Budget, Limits, limits_for
from archive.sources.interface import LeftOut, SourceFile

_PROGRAM = "archive.identifying.decoder"
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_MOST_ANSWER_BYTES = 64 * 1024


class Opens(Protocol):
    """A source, as far as it is decoded from."""

    def open(self, file: SourceFile) -> BinaryIO:
        """See `Source`."""
        ...


class Stopped(Exception):  # said of a decoder, and never leaves this module
    """A decoder that was stopped, or stopped itself; the sentence says why."""


class Decoder:
    """One process that decodes one image after the other, restarted when it had to be stopped."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def decode(self, image: FoundImage, handle: int, limits: Limits) -> dict[str, Any]:
        """Its answer. Raises Stopped."""
        channel = self._running()
        question = {
            "media_type": image.format.media_type,
            "compression": image.characteristics.compression,
            "bits": image.characteristics.bits_per_sample,
            "memory_bytes": limits.memory_bytes,
            "cpu_seconds": limits.cpu_seconds,
        }
        channel.settimeout(limits.seconds)
        try:
            socket.send_fds(channel, [json.dumps(question).encode() + b"\n"], [handle])
            answer = _line(channel)
        except TimeoutError:
            self.stop()
            raise Stopped(f"the decoder was stopped after {limits.seconds:.0f} s") from None
        except OSError:
            answer = b""
        if not answer.endswith(b"\n"):
            raise Stopped(f"the decoder {self._ended(limits)}")
        told = json.loads(answer)
        if not isinstance(told, dict):
            raise Stopped("the decoder gave no answer that makes sense")
        return told

    def stop(self) -> None:
        """End the process, if one runs."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._socket = None

    def _running(self) -> socket.socket:
        if self._socket is not None and self._process is not None and self._process.poll() is None:
            return self._socket
        self.stop()
        self._process, ours = begin_beside(_PROGRAM, str(os.getpid()), env={**os.environ, **_ONE_THREAD})
        self._socket = ours
        return ours

    def _ended(self, limits: Limits) -> str:
        process, self._process = self._process, None
        self.stop()
        status = process.wait() if process is not None else 0
        if status == -signal.SIGXCPU:
            return f"was stopped after {limits.cpu_seconds:.0f} s of computing"
        return f"died ({signal.Signals(-status).name})" if status < 0 else "ended without an answer"


class Decoders:
    """As many decoders as images are decoded at a time. Use as a context; leave it to end them."""

    def __init__(self, number: int, budget: Budget | None = None) -> None:
        self._all = [Decoder() for _ in range(number)]
        self._budget = budget or Budget()
        self._free: SimpleQueue[Decoder] = SimpleQueue()
        for decoder in self._all:
            self._free.put(decoder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for decoder in self._all:
            decoder.stop()

    def check(self, source: Opens, image: FoundImage) -> FoundImage | LeftOut:
        """The image, if every pixel of it can be decoded; else why it is left out."""
        limits = limits_for(image)
        if limits.memory_bytes > self._budget.most_bytes:
            because = (
                f"to decode it takes {limits.memory_bytes / 1e9:.1f} GB of memory, "
                f"and {self._budget.most_bytes / 1e9:.1f} GB are the most that is given on this machine"
            )
            return LeftOut(path=image.file.path, because=because)
        decoder = self._free.get()
        try:
            with self._budget.taking(limits.memory_bytes), _handle(source, image.file) as handle:
                return _judged(image, decoder.decode(image, handle, limits))
        except Stopped as stopped:
            return LeftOut(path=image.file.path, because=f"its pixels cannot be decoded: {stopped}")
        except OSError as error:
            return LeftOut(path=image.file.path, because=f"it cannot be read: {error.strerror or error}")
        finally:
            self._free.put(decoder)


def _judged(image: FoundImage, told: dict[str, Any]) -> FoundImage | LeftOut:
    if "unsupported" in told:
        note = f"its pixels were not decoded: {told['unsupported']}"
        return replace(image, notes=(*image.notes, note))
    if "broken" in told:
        return LeftOut(path=image.file.path, because=f"its pixels cannot be decoded: {told['broken']}")
    declared = [image.characteristics.width_px, image.characteristics.height_px]
    decoded = told.get("sizes") or [told.get("size")]
    if declared not in decoded:
        because = f"its header says {declared[0]} x {declared[1]} pixels, and its decoder {decoded[0]}"
        return LeftOut(path=image.file.path, because=because)
    if told.get("warning"):
        return replace(image, notes=(*image.notes, f"its decoder warned: {told['warning']}"))
    return image


def _line(channel: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n") and len(received) < _MOST_ANSWER_BYTES:
        piece = channel.recv(4096)
        if not piece:
            break
        received += piece
    return received


@contextmanager
def _handle(source: Opens, file: SourceFile) -> Iterator[int]:
    """An open file of the machine with the very bytes: the source's own, else a copy without a name."""
    with source.open(file) as opened:
        handle = _own_handle(opened, file)
        if handle is not None:
            yield handle
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(opened, copy, 1024 * 1024)
            copy.flush()
            yield copy.fileno()


def _own_handle(opened: BinaryIO, file: SourceFile) -> int | None:
    """None where the file of the machine is another one, for example the archive around it."""
    try:
        handle = opened.fileno()
    except (OSError, AttributeError):
        return None
    return handle if os.fstat(handle).st_size == file.size_bytes else None
