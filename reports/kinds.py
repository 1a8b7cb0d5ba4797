"""Which view makes a report again from the data inside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reports.accession.view import view_deposit
from reports.document import Report
from reports.inventory.view import view_holdings
from reports.moving.view import view_tiering
from reports.projection.view import view_capacity
from reports.reckoning.view import view_reckoning

VIEWS: Mapping[str, Callable[[dict[str, Any]], Report]] = {
    "capacity": view_capacity,
    "deposit": view_deposit,
    "holdings": view_holdings,
    "plan-vs-actual": view_reckoning,
    "tiering": view_tiering,
}
"""By `Report.kind`."""
