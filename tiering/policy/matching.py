"""Rules that no package can ever match, found by trying: a warning, never a refusal.

Conditions compare columns with constants, so what they can tell apart lies at those constants
and beside them. Made-up packages with every such value, in every combination, are placed; a rule
that decides for none of them is most likely a slip.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, product

import pyarrow as pa

from holdings.errors import BadInput
from tiering.policy.columns import COLUMNS, JOINED, Column
from tiering.policy.expression import condition_sql
from tiering.policy.model import Policy, Rule
from tiering.policy.placing import columns_of, place

_MOST = 200_000
_MOST_DAYS = 36_500
_AT = datetime(2100, 1, 1, tzinfo=UTC)
_STRING = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w\"])\d+(?:\.\d+)?")
_Value = str | int | None


def unmatched(policy: Policy) -> list[Rule]:
    """The rules that decide for none of the made-up packages; the last one, a net, is never among them."""
    try:
        table = _made_up(policy)
        decided = set(place(table, policy, at=_AT).column("rule").unique().to_pylist())
    except BadInput:  # it cannot be evaluated for some value: that is told where it meets one
        return []
    return [rule for number, rule in enumerate(policy.rules[:-1]) if number not in decided]


def _made_up(policy: Policy) -> pa.Table:
    sql = [condition_sql(rule.where) for rule in policy.rules]
    words = [column for column in COLUMNS if column.name in columns_of(policy)]
    rows = _combined([_values(sql, column) for column in words])
    names = [column.name for column in words]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if words else {}
    ages = columns.pop("age_days", (0,) * len(rows))
    idle = columns.pop("idle_days", ages)
    withdrawn = columns.pop("withdrawn_days", (None,) * len(rows))
    moment = pa.timestamp("us", "UTC")
    types = {column.name: pa.string() if column.sql_type == "VARCHAR" else pa.int64() for column in words}
    return pa.table(
        {
            "package_id": pa.array([str(number) for number in range(len(rows))]),
            "created_at": pa.array([_AT - _days(age) for age in ages], moment),
            "last_read_at": pa.array([_AT - _days(days) for days in idle], moment),
            "withdrawn_at": pa.array(
                [None if days is None else _AT - _days(days) for days in withdrawn], moment
            ),
            **{name: pa.array(list(column), types[name]) for name, column in columns.items()},
        }
    )


def _days(value: _Value) -> timedelta:
    return timedelta(days=min(int(value or 0), _MOST_DAYS))


def _combined(values: Sequence[Sequence[_Value]]) -> list[tuple[_Value, ...]]:
    combinations = 1
    for each in values:
        combinations *= len(each)
    if combinations <= _MOST:
        return list(product(*values))
    chance = random.Random(0)  # noqa: S311  # reproducible, not secret
    return [tuple(chance.choice(each) for each in values) for _ in islice(iter(int, 1), _MOST)]


def _values(conditions: Sequence[str], column: Column) -> list[_Value]:
    if column.sql_type == "VARCHAR":
        return _strings(conditions, column.name)
    never = [None] if column.name == "withdrawn_days" else []
    return [*_numbers(conditions), *never]


def _strings(conditions: Sequence[str], column: str) -> list[_Value]:
    if column == "kind":
        return ["bag", "collection"]
    said = {text.replace("''", "'").strip("%") for sql in conditions for text in _STRING.findall(sql)}
    return [*sorted(said), JOINED.join(sorted(said)), "something else", None]


def _numbers(conditions: Sequence[str]) -> list[_Value]:
    bare = (_STRING.sub("''", sql) for sql in conditions)
    said = {int(float(text)) for sql in bare for text in _NUMBER.findall(sql)}
    return [*sorted({0, *(n + step for n in said for step in (-1, 0, 1) if n + step >= 0)})]
