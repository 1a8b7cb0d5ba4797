"""The package table with what the policy speaks of beyond it: use, holds, and what its images tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from holdings.house import House
from tiering.holding import holds_on
from tiering.policy import Policy
from tiering.policy.columns import COLUMNS
from tiering.policy.placing import columns_of
from tiering.reads import reads_before

_SUMMED = {column.name: column.term for column in COLUMNS if column.term} | {"format": None}


def described(house: House, policy: Policy, *, at: datetime) -> pa.Table:
    """`Catalogue.package_table` with the columns that `policy` speaks of; no others are looked up."""
    table, named = house.catalogue.package_table(), columns_of(policy)
    if "holds" in named:
        held = Counter(hold.package_id for hold in holds_on(house.catalogue))
        table = _with(table, "holds", held, pa.int64())
    if named & {"idle_days", "reads_90d"}:
        reads = reads_before(house.catalogue, at)
        table = _with(table, "last_read_at", reads.last, pa.timestamp("us", "UTC"))
        table = _with(table, "reads_90d", reads.recent, pa.int64())
    if summed := {name: _SUMMED[name] for name in sorted(named & _SUMMED.keys())}:
        table = _with_sums(house, table, summed)
    return table


def _with(table: pa.Table, name: str, values: Mapping[str, Any], kind: pa.DataType) -> pa.Table:
    """`table` with a column of `values` by package; what is not in them is null, or 0 for a number."""
    without = 0 if pa.types.is_integer(kind) else None
    column = [values.get(package_id, without) for package_id in table.column("package_id").to_pylist()]
    return table.append_column(name, pa.array(column, kind))


def _with_sums(house: House, table: pa.Table, summed: Mapping[str, str | None]) -> pa.Table:
    found = house.catalogue.images.sums(table.column("package_id").to_pylist(), summed)
    for name in summed:
        table = _with(
            table, name, {package: words.get(name) for package, words in found.items()}, pa.string()
        )
    return table
