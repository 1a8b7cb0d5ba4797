"""What the images of each package have in common, in a few words for each: for rules that speak of it."""

from __future__ import annotations

from collections.abc import Mapping

from holdings.errors import Corrupt

_FILES_AT_ONCE = 500
_JOINED = " | "


def summed(
    paths: Mapping[str, str], wanted: Mapping[str, str | None], *, hint: str
) -> dict[str, dict[str, str | None]]:
    """By package and name: the distinct values among its images, sorted and joined with ` | `.

    paths : the index of each package.
    wanted : by name the term that is summed up; None means the media type.
    """
    import duckdb  # noqa: PLC0415  # takes long to import, and most commands sum nothing up

    words = [f"{_joined(term)} AS {name}" for name, term in wanted.items()]
    files = "read_parquet($paths, union_by_name = true)"
    query = f"SELECT package_id, {', '.join(words)} FROM {files} GROUP BY package_id"  # noqa: S608
    found: dict[str, dict[str, str | None]] = {}
    all_paths = list(paths.values())
    try:
        with duckdb.connect(":memory:") as connection:
            for begin in range(0, len(all_paths), _FILES_AT_ONCE):
                chosen = all_paths[begin : begin + _FILES_AT_ONCE]
                rows = connection.execute(query, {"paths": chosen}).fetchall()
                found.update({row[0]: dict(zip(wanted, row[1:], strict=True)) for row in rows})
    except duckdb.Error as error:
        raise Corrupt("An image index cannot be read.", hint=hint, detail=str(error)) from None
    return found


def _joined(term: str | None) -> str:
    """Our own words only: names and terms come from the columns of the policy language."""
    value = "media_type" if term is None else f"terms['{term}']"
    distinct = f"list_sort(list(DISTINCT {value}) FILTER ({value} IS NOT NULL))"
    return f"list_aggregate({distinct}, 'string_agg', '{_JOINED}')"
