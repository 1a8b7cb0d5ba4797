"""Room on a disk for what an image needs while it is built, and what is said where there is none."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from holdings.errors import HoldfastError, StoreFull

_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


@contextmanager
def room_needed(name: str) -> Iterator[None]:
    """A full disk becomes StoreFull, whichever library met it: that is no fault of the image `name`.

    By its words, since TileDB passes on nothing else.
    """
    try:
        yield
    except HoldfastError:
        raise
    except Exception as error:
        if not any(words in str(error) for words in _FULL):
            raise
        raise StoreFull(
            f"There is no room in {tempfile.gettempdir()} for {name} while it is built.",
            hint="Make room there or name another folder in TMPDIR, then run the same again: it goes on.",
            detail=str(error),
        ) from error
