"""Price sheets are data: a TOML file per sheet, each figure with its source and date.

```toml
currency = "EUR"
title = "Local disk, written off over five years"

[storage_per_gb_month]
value = "0.0021"
source = "https://… or the invoice it comes from"
date = 2026-02-01
confidence = "measured"        # measured | published | secondary | assumed
```

A figure that a sheet does not name is zero where zero is the honest meaning (no minimum, no
fee); `storage_per_gb_month` has to be named. GB are 10**9 bytes. Money is Decimal here, at
the door, and becomes float only inside arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Confidence = Literal["measured", "published", "secondary", "assumed"]
FigureName = Literal[
    "storage_per_gb_month",
    "put_per_1000",
    "get_per_1000",
    "retrieval_per_gb",
    "egress_per_gb",
    "minimum_days",
    "minimum_billable_bytes",
    "overhead_bytes_per_object",
    "restore_hours",
    "watts_per_tb",
    "embodied_kg_co2e_per_tb",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number with where it comes from."""

    value: Decimal
    source: str
    date: date
    confidence: Confidence


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceSheet:
    """What one class of storage costs."""

    name: str
    title: str
    currency: str
    """ISO 4217."""
    figures: Mapping[FigureName, Figure]

    def amount(self, name: FigureName) -> float:
        """The figure for arithmetic in arrays; 0.0 where the sheet does not name it."""
        figure = self.figures.get(name)
        return float(figure.value) if figure else 0.0
