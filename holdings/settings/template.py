"""Writing a first `holdfast.toml` with everything that it names.

The texts are data files beside this module (`templates/`), so that they are read and reviewed
as what they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from holdings.errors import BadInput
from holdings.settings.reading import SETTINGS_NAME, read_settings

_S3_NAME = "holdfast-s3.toml"


def template_text(*, s3: bool = False) -> str:
    """A commented `holdfast.toml`: for the embedded default, or for S3."""
    return _templates().joinpath(_S3_NAME if s3 else SETTINGS_NAME).read_text(encoding="utf-8")


def write_template(folder: Path, *, s3: bool = False) -> list[Path]:
    """Write settings, policy, scenario and price sheets into `folder`, and make local stores.

    Returns the files it wrote, the settings last: they are written when all that they name is
    there, so a killed run can be run again. Files that are there already word for word are kept.

    Raises BadInput, having written nothing, where a file would be overwritten.
    """
    # Loaded late: settings are read in places that never open a store.
    from holdings.stores.opening import create_store  # noqa: PLC0415

    texts = _texts(s3=s3)
    _refuse_overwriting(folder, texts)
    settings = texts.pop(SETTINGS_NAME)
    written: list[Path] = []
    try:
        for name, text in texts.items():
            _write(folder / name, text, written)
        new = folder / f"{SETTINGS_NAME}.new"
        new.unlink(missing_ok=True)  # of a run that was killed
        _write(new, settings, written)
        for spec in read_settings(new).stores.values():
            create_store(spec)
        written[-1] = new.rename(folder / SETTINGS_NAME)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise BadInput(f"{folder} cannot be written: {error.strerror}.") from None
        raise
    return written


def _templates() -> Traversable:
    return files("holdings.settings").joinpath("templates")


def _texts(*, s3: bool) -> dict[str, str]:
    """Every template by the name of the file it becomes."""
    found = {name: item.read_text(encoding="utf-8") for name, item in _walk(_templates())}
    local, remote = found.pop(SETTINGS_NAME), found.pop(_S3_NAME)
    return found | {SETTINGS_NAME: remote if s3 else local}


def _walk(folder: Traversable, before: str = "") -> Iterator[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _walk(item, f"{before}{item.name}/")
        elif item.name.endswith(".toml"):
            yield f"{before}{item.name}", item


def _refuse_overwriting(folder: Path, texts: dict[str, str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is not a folder.")
    if (folder / SETTINGS_NAME).exists():
        raise BadInput(
            f"{folder / SETTINGS_NAME} is there already; nothing was changed.",
            hint="Edit it, or name another folder: holdfast init DIR",
        )
    others = [name for name, text in texts.items() if _differs(folder / name, text)]
    if others:
        raise BadInput(
            f"{folder} holds other files under names that would be written: {', '.join(others)}; "
            "nothing was changed.",
            hint="Move them away, or name another folder: holdfast init DIR",
        )


def _differs(path: Path, text: str) -> bool:
    return os.path.lexists(path) and not (path.is_file() and path.read_bytes() == text.encode())


def _write(path: Path, text: str, written: list[Path]) -> None:
    """Write a file that is not there; one that is there is there word for word."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    written.append(path)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
