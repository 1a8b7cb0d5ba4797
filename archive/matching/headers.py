"""What a table's columns are called: the standard term where a header can mean only one, else the header."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archive.matching.bounds import check_columns
from archive.matching.findings import Findings, shown
from archive.matching.terms import standard_name, synonym

_SHOWN_KEPT = 20


def name_columns(headers: Sequence[str], origin: str, findings: Findings) -> list[str]:
    """A name for every column, no two alike even without regard to case. BadInput: too many columns.

    A standard name goes to the column that says it before one that means it by a synonym; a column
    that comes too late keeps its header and its number.
    """
    check_columns(len(headers), origin)
    headers = [header.strip() for header in headers]
    names: dict[int, str] = {}
    taken: set[str] = set()
    for lookup in (standard_name, synonym, _itself):
        _give(lookup, headers, names, taken)
    _tell_renamed(headers, names, origin, findings)
    _tell_kept(headers, names, origin, findings)
    return [
        names.get(column) or _late(column, headers, taken, origin, findings) for column in range(len(headers))
    ]


def _give(
    lookup: Callable[[str], str | None], headers: Sequence[str], names: dict[int, str], taken: set[str]
) -> None:
    for column, header in enumerate(headers):
        name = lookup(header) if column not in names else None
        if name is not None and name.casefold() not in taken:
            names[column] = name
            taken.add(name.casefold())


def _itself(header: str) -> str | None:
    return header if header and not standard_name(header) and not synonym(header) else None


def _tell_renamed(headers: Sequence[str], names: dict[int, str], origin: str, findings: Findings) -> None:
    for column, name in names.items():
        header = headers[column]
        if name != header and not standard_name(header):
            findings.add("column-renamed", f"{origin}: the column {shown(header)} is read as {name}.")


def _tell_kept(headers: Sequence[str], names: dict[int, str], origin: str, findings: Findings) -> None:
    kept = [
        name for column, name in sorted(names.items()) if name == headers[column] and not standard_name(name)
    ]
    if kept:
        more = f" and {len(kept) - _SHOWN_KEPT} more" if len(kept) > _SHOWN_KEPT else ""
        listed = ", ".join(map(shown, kept[:_SHOWN_KEPT])) + more
        findings.add(
            "column-kept",
            f"{origin}: these columns have no standard name and are kept as they are: {listed}.",
        )


def _late(column: int, headers: Sequence[str], taken: set[str], origin: str, findings: Findings) -> str:
    header = headers[column]
    name = f"{header} (column {column + 1})".strip()
    while name.casefold() in taken:
        name += "'"
    taken.add(name.casefold())
    because = f"the header {shown(header)} says what another column says" if header else "it has no header"
    findings.add("column-repeated", f"{origin}, column {column + 1}: {because}; it is kept as {shown(name)}.")
    return name
