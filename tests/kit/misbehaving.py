"""A decoder that does what the last five bytes of an image say, for tests of whoever has to stop it."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, BinaryIO, NoReturn

from archive.identifying import decoder


def main() -> None:
    """As the decoder's own."""
    decoder._decoder_of = lambda asked: _misbehave
    decoder.main()


def _misbehave(file: BinaryIO, asked: decoder.Asked) -> Any:
    what = file.read()[-5:]
    file.seek(0)
    if what == b"spin!":
        _spin()
    if what == b"wait!":
        time.sleep(600)
    if what == b"dies!":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == b"eats!":
        bytearray(2**36)
    if what == b"lies!":
        return {"size": [1, 1]}
    if what == b"hums!":
        return ["hm"]
    if what == b"exit!":
        os._exit(0)
    return decoder._decode_by_pillow(file, asked)


def _spin() -> NoReturn:
    while True:
        pass
