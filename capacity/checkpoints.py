"""Blocks that are done, kept on disk until the run is: a run that was stopped goes on from them."""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
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

    def load(self, block: int, draws: int) -> Iterator[Block] | None:
        """The parts of a block, if it was done; None where it was not, or where its file was cut short."""
        path = self._path(block, draws)
        try:
            with zipfile.ZipFile(path) as held:
                is_whole = held.testzip() is None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None
        return _parts(path) if is_whole else None

    def save(self, block: int, draws: int, parts: Iterable[Block]) -> Iterator[Block]:
        """Give the parts on, and keep them: whole under the block's name, or not at all."""
        path = self._path(block, draws)
        half = path.with_suffix(f".part{os.getpid()}")
        self.made()
        try:
            with zipfile.ZipFile(half, "w") as out:
                number = 0
                for part in parts:
                    for name, values in _arrays(part).items():
                        with out.open(f"{number}/{name}", "w", force_zip64=True) as file:
                            np.lib.format.write_array(file, values, allow_pickle=False)
                    yield part
                    number += 1  # noqa: SIM113  # enumerate would hold the part
                    del part  # before the next one is made
            half.replace(path)
        except OSError as error:
            raise self._refused(error) from None
        finally:
            half.unlink(missing_ok=True)

    def made(self) -> Path:
        """The folder of this plan, made where it is not there. Raises BadInput where it cannot be."""
        folder = self._folder / self._plan
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from None
        return folder

    def _refused(self, error: OSError) -> BadInput:
        return BadInput(
            f"What is done cannot be kept in {self._folder}: {error.strerror}.",
            hint="Name another folder with -o, or leave it away.",
        )

    def clear(self) -> None:
        """The run is kept: its blocks are not needed any more."""
        shutil.rmtree(self._folder / self._plan, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._folder.rmdir()  # only where nothing else is in it

    def _path(self, block: int, draws: int) -> Path:
        return self._folder / self._plan / f"block-{block}-{draws}.zip"


def _parts(path: Path) -> Iterator[Block]:
    with zipfile.ZipFile(path) as held:
        names: dict[int, list[str]] = {}
        for name in held.namelist():
            number, _, _ = name.partition("/")
            names.setdefault(int(number), []).append(name)
        for each in names.values():
            yield _block({name.partition("/")[2]: _array(held, name) for name in each})


def _array(held: zipfile.ZipFile, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.floating]]:
    with held.open(name) as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


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
