"""From a settings file to an open house, for as long as one command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service.version import version

if TYPE_CHECKING:
    from holdings.house import House
    from holdings.observing import Observer
    from holdings.settings import Settings


@contextmanager
def settings_here(settings: Path | None) -> Iterator[tuple[Settings, Observer]]:
    """The settings that the command means, and an observer, for what needs no open house."""
    from holdings.settings.reading import find_settings, read_settings
    from service.cli.progress import watching

    with watching() as observer:
        yield read_settings(find_settings(settings)), observer


@contextmanager
def open_here(settings: Path | None) -> Iterator[House]:
    """The house of the settings that the command means, closed at the end."""
    from holdings.opening import open_house

    with (
        settings_here(settings) as (read, observer),
        open_house(read, observer=observer, agent=agent()) as house,
    ):
        yield house


@contextmanager
def open_here_or_none(settings: Path | None) -> Iterator[House | None]:
    """The house of the settings that are named or found; None where none are named and none are there."""
    from holdings.errors import BadInput
    from holdings.settings.reading import find_settings

    try:
        found = find_settings(settings)
    except BadInput:
        yield None
        return
    with open_here(found) as house:
        yield house


def agent() -> str:
    """Who acts, for the history: program, version and login."""
    return f"holdfast {version()} ({_login()})"


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown login"
