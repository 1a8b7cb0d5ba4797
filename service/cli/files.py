"""Writing a file for people so that half of it is never seen."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_text(target: Path, text: str) -> None:
    """Write `target` whole or not at all; what was there before is replaced."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
