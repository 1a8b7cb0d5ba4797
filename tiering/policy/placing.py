"""Which rule decides for each package, all packages at once.

Knows neither catalogue nor stores: `tiering` hands in what is held, `capacity` hands in
simulated cohorts, and the same rules decide for both.
"""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import datetime

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from holdings.errors import BadInput
from tiering.policy.columns import COLUMN_NAMES, COLUMNS
from tiering.policy.expression import condition_sql
from tiering.policy.locked import locked_engine
from tiering.policy.model import Policy

_DAY_US = 86_400_000_000
_MOMENT = pa.timestamp("us", "UTC")
_COMPUTED = {"age_days", "idle_days", "withdrawn_days"}


def place(packages: pa.Table, policy: Policy, *, at: datetime | pa.Array | pa.ChunkedArray) -> pa.Table:
    """The placement that `policy` asks for, for each row of `packages` and in its order.

    packages : columns package_id, kind, collection (string), created_at (timestamp), bytes,
        objects, images (integers). Where it has them also: last_read_at, withdrawn_at (timestamps),
        reads_90d and holds (integers), and the columns of `tiering.policy.columns` that sum up its
        images; a table without them is one of packages that nobody reads, withdraws, holds or describes.
    at : the moment to place for; or an array of timestamps, one for each row.

    Returns a table: package_id; rule (int32, index into `policy.rules`); rule_name and because
    (dictionary-encoded strings); domains (int32); and an int32 column `copies_<tier>` for each
    tier that the policy names.

    A condition that is NULL for a package does not match it. Raises BadInput where a condition
    cannot be evaluated (a division by zero, an overflow).
    """
    rule = _deciding_rule(_columns(packages, at, columns_of(policy)), policy)
    return pa.table(
        {
            "package_id": packages["package_id"],
            "rule": pa.array(rule, pa.int32()),
            "rule_name": _coded(rule, [each.name for each in policy.rules]),
            "because": _coded(rule, [each.because for each in policy.rules]),
            "domains": _looked_up(rule, [each.domains for each in policy.rules]),
            **{
                f"copies_{tier}": _looked_up(rule, [each.copies.get(tier, 0) for each in policy.rules])
                for tier in policy.tiers
            },
        }
    )


def age_days(
    created_at: pa.ChunkedArray | pa.Array, at: datetime | pa.Array | pa.ChunkedArray
) -> npt.NDArray[np.int64]:
    """Whole days from `created_at` to `at`, rounded down (so a moment before gives -1), exactly.

    Raises BadInput where a row has no creation, and ValueError for a moment without a zone.
    """
    if isinstance(at, datetime) and at.tzinfo is None:
        raise ValueError("a moment needs a zone")
    moments = pa.scalar(at, _MOMENT) if isinstance(at, datetime) else at.cast(_MOMENT)
    elapsed_us = pc.subtract(moments.cast(pa.int64()), created_at.cast(_MOMENT).cast(pa.int64()))
    if elapsed_us.null_count:
        raise BadInput("A package has no moment of creation, so that its age is not known.")
    elapsed: npt.NDArray[np.int64] = elapsed_us.to_numpy() // _DAY_US
    return elapsed


def columns_of(policy: Policy) -> frozenset[str]:
    """The columns that the conditions of `policy` speak of."""
    named = {word for rule in policy.rules for word in re.findall(r'"(\w+)"', condition_sql(rule.where))}
    return frozenset(named & set(COLUMN_NAMES))


def _columns(packages: pa.Table, at: datetime | pa.Array | pa.ChunkedArray, named: Set[str]) -> pa.Table:
    """The columns that are spoken of, as far as the table has them, and the age."""
    ages = age_days(packages.column("created_at"), at)
    given = [name for name in COLUMN_NAMES if name in named - _COMPUTED and name in packages.column_names]
    columns = packages.select(given).append_column("age_days", pa.array(ages))
    if "idle_days" in named and "last_read_at" in packages.column_names:
        used = pc.coalesce(packages.column("last_read_at").cast(_MOMENT), packages.column("created_at"))
        columns = columns.append_column("idle_days", pa.array(age_days(used, at)))
    if "withdrawn_days" in named and "withdrawn_at" in packages.column_names:
        columns = columns.append_column("withdrawn_days", _withdrawn_days(packages, at))
    return columns


def _withdrawn_days(packages: pa.Table, at: datetime | pa.Array | pa.ChunkedArray) -> pa.Array:
    withdrawn_at = packages.column("withdrawn_at").cast(_MOMENT)
    days = age_days(pc.coalesce(withdrawn_at, packages.column("created_at").cast(_MOMENT)), at)
    return pa.array(days, mask=pc.is_null(withdrawn_at).to_numpy())


def _or_without(columns: pa.Table) -> str:
    """SQL for a table with every column there is."""
    words = [
        column.name
        if column.name in columns.column_names
        else f"({column.without or 'NULL'})::{column.sql_type} AS {column.name}"
        for column in COLUMNS
    ]
    return f"SELECT {', '.join(words)} FROM packages"  # noqa: S608  # our own words only


def _deciding_rule(columns: pa.Table, policy: Policy) -> npt.NDArray[np.int32]:
    engine = locked_engine()
    whens = " ".join(f"WHEN {condition_sql(rule.where)} THEN {i}" for i, rule in enumerate(policy.rules))
    # Each condition was written by `expression` from a tree it checked; rows keep their order.
    query = f"SELECT CAST(CASE {whens} END AS INTEGER) AS rule FROM ({_or_without(columns)})"  # noqa: S608
    engine.register("packages", columns)
    try:
        decided = engine.sql(query).to_arrow_table().column("rule")
    except duckdb.Error as error:
        raise BadInput(
            f"The policy cannot be evaluated: {str(error).splitlines()[0]}",
            hint="Guard the condition with case when.",
        ) from None
    finally:
        engine.unregister("packages")
    if decided.null_count:
        raise BadInput("The last rule of the policy does not match every package.", hint='where = "true"')
    rules: npt.NDArray[np.int32] = decided.to_numpy()
    return rules


def _coded(rule: npt.NDArray[np.int32], words: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(rule, pa.int32()), pa.array(words, pa.string()))


def _looked_up(rule: npt.NDArray[np.int32], numbers: list[int]) -> pa.Array:
    return pa.array(np.array(numbers, dtype=np.int32)[rule])
