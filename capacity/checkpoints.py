"""Blocks that are done, kept on disk until the run is: a run that was stopped goes on from them."""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from capacity.engine import Block
from holdings.errors import BadInput

_PLAIN = (
    "bytes_held",
    "cost",
    "bytes_deposited",
    "images_deposited",
    "objects_deposited",
    "cost_parts",
    "store_parts",
    "discount_rate",
)
_NAMED = ("by_store", "by_year", "by_type", "by_domain", "by_month")


class Checkpoints:
    """A folder of blocks of one plan; those of another plan in it are neither read nor touched."""

    def __init__(self, folder: Path, plan: str) -> None:
        self._folder, self._plan = folder, plan

    def load(self, block: int, draws: int) -> Block | None:
        """The block, if it was done; None where it was not, or where its file was cut short."""
        try:
            with self._path(block, draws).open("rb") as file, np.load(file, allow_pickle=False) as held:
                return _block({name: held[name] for name in held.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, block: int, draws: int, done: Block) -> None:
        """Keep a block: whole under its name, or not at all."""
        path = self._path(block, draws)
        part = path.with_suffix(f".part{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as out:
                np.savez(out, **_arrays(done))  # type: ignore[arg-type]  # names are those of arrays
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise BadInput(
                f"What is done cannot be kept in {self._folder}: {error.strerror}.",
                hint="Name another folder with -o, or leave it away.",
            ) from None

    def clear(self) -> None:
        """The run is kept: its blocks are not needed any more."""
        shutil.rmtree(self._folder / self._plan, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._folder.rmdir()  # only where nothing else is in it

    def _path(self, block: int, draws: int) -> Path:
        return self._folder / self._plan / f"block-{block}-{draws}.npz"


def _arrays(block: Block) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]:
    return {
        **{name: getattr(block, name) for name in _PLAIN},
        **{f"{of}.{name}": values for of in _NAMED for name, values in getattr(block, of).items()},
    }


def _block(held: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]) -> Block:
    def below(prefix: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]:
        return {name.removeprefix(prefix): values for name, values in held.items() if name.startswith(prefix)}

    plain: Any = {name: held[name] for name in _PLAIN}
    named: Any = {of: below(f"{of}.") for of in _NAMED}
    return Block(**plain, **named)
