"""A gzipped tar, unpacked once: bags take files in another order than the stream gives them."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from archive.sources.archived import refused, told
from archive.validating.bytes_at import BytesAt
from archive.validating.interface import Problem
from archive.validating.members import Lie
from archive.validating.unpacking import Gunzipped
from holdings.errors import StoreFull, Unavailable

_PIECE_BYTES = 1024 * 1024


def spooled(archive: BytesAt, target: Path) -> Path:
    """`target`, holding the unpacked tar; it is made where it is missing, whole or not at all.

    Raises BadInput for a bomb or a damaged stream, StoreFull where there is no room.
    """
    if target.is_file():
        return target
    stream = Gunzipped(archive)
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=target.name, suffix=".part") as part:
            while piece := stream.read(_PIECE_BYTES):
                part.write(piece)
            part.flush()
            os.link(part.name, target)
    except FileExistsError:
        return target
    except Lie as lie:
        raise refused(archive, lie.sentence) from None
    except Problem as problem:
        raise refused(archive, f"it {told(problem)}") from None
    except OSError as error:
        kind = StoreFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else Unavailable
        raise kind(
            f"{archive.name} could not be unpacked into {target.parent}: {error.strerror}.",
            hint="Make room there, or unpack it yourself and deposit the folder.",
        ) from None
    return target
