"""A source that has nothing to do with the stores: a deposit of deposits would never end."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive.sources.opening import Place
from holdings.errors import BadInput
from holdings.settings import Settings


def check_apart(place: Place, settings: Settings) -> None:
    """BadInput where the source holds a store or the catalogue, or lies inside a store."""
    if place.store is not None:
        return
    root = Path(place.where).resolve()
    for name, store in settings.stores.items():
        parts = urlsplit(store.url)
        folder = Path(unquote(parts.path)).resolve()
        if parts.scheme == "file" and (root.is_relative_to(folder) or folder.is_relative_to(root)):
            raise BadInput(
                f"The source {place.told} and the folder of the store '{name}' lie one inside the other.",
                hint=f"Deposit a folder that has nothing to do with the stores, or name it as {name}:PREFIX.",
            )
    if settings.catalogue.path.resolve().is_relative_to(root):
        raise BadInput(
            f"The source {place.told} holds the catalogue itself.", hint="Deposit the images' own folder."
        )
