"""Writing a file for people so that half of it is never seen."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from holdings.errors import BadInput


def write_text(target: Path, text: str) -> None:
    """Write `target` whole or not at all; what was there before is replaced.

    Raises BadInput that names it where it cannot be written.
    """
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        raise BadInput(
            f"{target} could not be written: {error.strerror or error}.",
            hint="Nothing was left there. Is there room, and may you write there?",
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
