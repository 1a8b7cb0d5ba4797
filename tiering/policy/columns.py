"""The columns that a rule's `where` may speak of: what a package table has, its age, its use, its terms."""

from __future__ import annotations

from dataclasses import dataclass

JOINED = " | "
"""Between the values of a column that sums up many images: contains(country, 'Kenya') looks for one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One word of the language of rules."""

    name: str
    sql_type: str
    meaning: str
    """One line for the person who writes a policy."""
    without: str | None = None
    """SQL for its value where a table does not have it; None where every table must."""
    term: str | None = None
    """The term of the images that it sums up."""


def _term(name: str, term: str, meaning: str) -> Column:
    return Column(name=name, sql_type="VARCHAR", meaning=meaning, without="NULL", term=term)


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
    Column(
        name="idle_days",
        sql_type="BIGINT",
        meaning="Whole days since an image of it was last read; its age where none ever was.",
        without="age_days",
    ),
    Column(
        name="reads_90d",
        sql_type="BIGINT",
        meaning="How often images of it were read in the 90 days before.",
        without="0",
    ),
    Column(
        name="withdrawn_days",
        sql_type="BIGINT",
        meaning="Whole days since the whole package was withdrawn; NULL where it is not.",
        without="NULL",
    ),
    Column(name="holds", sql_type="BIGINT", meaning="Holds that lie on it.", without="0"),
    Column(
        name="format",
        sql_type="VARCHAR",
        meaning="Media types of its images, sorted: 'image/jpeg | image/tiff'.",
        without="NULL",
    ),
    _term("object_type", "dwc:basisOfRecord", "What its images show: 'PreservedSpecimen | FossilSpecimen'."),
    _term("country", "dwc:country", "Countries of its specimens, sorted: 'Kenya | Uganda'."),
    _term("typestatus", "dwc:typeStatus", "Nomenclatural types among its specimens (typeStatus)."),
    _term("family", "dwc:family", "Families of its specimens, sorted."),
    _term("institutioncode", "dwc:institutionCode", "Institutions that keep them (institutionCode)."),
)
COLUMN_NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
"""In lower case; in a condition the case does not count."""
