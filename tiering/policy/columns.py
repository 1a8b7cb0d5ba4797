"""The columns that a rule's `where` may speak of. They are what a package table has, and its age."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One word of the language of rules."""

    name: str
    sql_type: str
    meaning: str
    """One line for the person who writes a policy."""


COLUMNS: tuple[Column, ...] = (
    Column(name="kind", sql_type="VARCHAR", meaning="What the package is made of: 'bag' or 'collection'."),
    Column(name="collection", sql_type="VARCHAR", meaning="The collection it was deposited into."),
    Column(name="bytes", sql_type="BIGINT", meaning="Size of one copy in bytes, the manifest not counted."),
    Column(name="objects", sql_type="BIGINT", meaning="Objects of one copy, the manifest not counted."),
    Column(name="images", sql_type="BIGINT", meaning="Images in the package."),
    Column(
        name="age_days",
        sql_type="BIGINT",
        meaning="Whole days from its creation to the moment that is planned for; rounded down.",
    ),
)
COLUMN_NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
