"""One `holdfast.toml`, read once and checked at the door."""

from holdings.settings.model import (
    BagSettings,
    CatalogueSettings,
    Limits,
    MatchingSettings,
    Settings,
    StoreSettings,
    WithdrawalSettings,
)
from holdings.settings.reading import read_settings

__all__ = [
    "BagSettings",
    "CatalogueSettings",
    "Limits",
    "MatchingSettings",
    "Settings",
    "StoreSettings",
    "WithdrawalSettings",
    "read_settings",
]
