"""What a question in SQL may hold: one SELECT over our own views, with functions that reach nothing.

DuckDB parses the text; the tree is walked with lists of what is allowed, and the SQL that is run is
written anew from the tree. So what is run is what was checked, never what was typed. That the
engine is locked (`index_sql`) is the second wall.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import duckdb

from holdings.errors import BadInput

MAX_CHARACTERS = 100_000
MAX_DEPTH = 200

FUNCTIONS = frozenset(
    {
        "abs", "any_value", "approx_count_distinct", "arbitrary", "arg_max", "arg_min", "array_agg",
        "array_length", "array_slice", "avg", "bit_length", "bool_and", "bool_or", "cardinality",
        "ceil", "ceiling", "char_length", "coalesce", "concat", "concat_ws", "contains", "corr",
        "count", "count_if", "count_star", "cume_dist", "date_diff", "date_part", "date_trunc",
        "datediff", "datepart", "day", "dayname", "decade", "dense_rank", "element_at", "ends_with",
        "epoch", "exp", "extract", "favg", "first", "first_value", "flatten", "floor", "format",
        "generate_subscripts", "greatest", "group_concat", "hash", "histogram", "if", "ifnull",
        "instr", "isfinite", "isnan", "json_extract", "json_extract_string", "kurtosis", "lag",
        "last", "last_value", "lcase", "lead", "least", "left", "len", "length", "list",
        "list_concat", "list_contains", "list_distinct", "list_has", "list_sort", "list_unique",
        "list_value", "listagg", "ln", "log", "log10", "log2", "lower", "ltrim", "mad",
        "map_contains", "map_entries", "map_extract", "map_keys", "map_values", "max", "max_by",
        "md5", "mean", "median", "min", "min_by", "minute", "mode", "monotonically", "month",
        "monthname", "nfc_normalize", "nth_value", "ntile", "nullif", "percent_rank", "pow",
        "power", "prefix", "product", "quantile", "quantile_cont", "quantile_disc", "quarter",
        "rank", "regexp_extract", "regexp_extract_all", "regexp_full_match", "regexp_matches",
        "regexp_replace", "replace", "reverse", "right", "round", "row_number", "rtrim", "second",
        "sha256", "sign", "skewness", "split", "split_part", "sqrt", "starts_with", "stddev",
        "stddev_pop", "stddev_samp", "str_split", "strftime", "string_agg", "string_split",
        "strip_accents", "strlen", "strpos", "strptime", "struct_extract", "substr", "substring",
        "suffix", "sum", "to_days", "to_hours", "to_minutes", "to_months", "to_seconds", "to_years",
        "trim", "trunc", "try_strptime", "ucase", "unicode", "unnest", "upper", "var_pop",
        "var_samp", "variance", "week", "weekday", "year", "~~", "!~~", "~~*", "!~~*", "~~~", "+",
        "-", "*", "/", "//", "%", "||", "^@", "->", "->>", "array_extract",
    }
)  # fmt: skip
"""Pure functions: the same in, the same out, and nothing reached. `repeat`, `range` and the like, which
make much out of little, are not among them."""
_CLASSES = frozenset(
    {
        "BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
        "FUNCTION", "OPERATOR", "STAR", "SUBQUERY", "WINDOW", "POSITIONAL_REFERENCE", "TYPE",
    }
)  # fmt: skip
_NODES = frozenset(
    {
        "SELECT_NODE", "SET_OPERATION_NODE", "BASE_TABLE", "JOIN", "SUBQUERY", "EMPTY",
        "EXPRESSION_LIST", "ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER",
        "TABLE_FUNCTION", "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
    }
)  # fmt: skip
_TYPES = frozenset(
    {
        "BOOLEAN", "BOOL", "TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT", "UBIGINT",
        "UINTEGER", "DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC", "VARCHAR", "TEXT", "STRING",
        "DATE", "TIMESTAMP", "TIME", "INTERVAL", "JSON",
    }
)  # fmt: skip
_HINT = "One SELECT over the views {views}; holdfast find --help shows one."


class _Refused(Exception):
    """Why a question is refused, as the second half of a sentence."""


def checked_sql(text: str, views: Collection[str]) -> tuple[str, frozenset[str]]:
    """`text` as it may be run, and those of `views` that it reads.

    Raises BadInput, in one sentence, for whatever is more than one SELECT over `views`.
    """
    try:
        tree = _parsed(text)
        names = frozenset(_check(tree, views))
        return _written(tree), names
    except _Refused as refusal:
        raise BadInput(f"The query {refusal}.", hint=_HINT.format(views=", ".join(sorted(views)))) from None


def _parsed(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise _Refused(f"has {len(text):,} characters; it takes at most {MAX_CHARACTERS:,}")
    try:
        answer = json.loads(_asked("SELECT json_serialize_sql(?)", text))
    except (duckdb.Error, UnicodeError, RecursionError, ValueError) as error:
        raise _Refused(f"is not SQL that DuckDB understands ({first_line(error)})") from None
    if answer["error"]:
        if answer["error_type"] == "not implemented":
            raise _Refused("is no SELECT")
        raise _Refused(f"is not SQL that DuckDB understands ({first_line(answer['error_message'])})")
    if len(answer["statements"]) != 1:
        raise _Refused("holds more than one statement" if answer["statements"] else "is empty")
    tree: Mapping[str, Any] = answer
    return tree


def _written(tree: Mapping[str, Any]) -> str:
    try:
        return _asked("SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))
    except duckdb.Error as error:
        raise _Refused(f"cannot be written again as it was understood ({first_line(error)})") from None


def _asked(query: str, value: str) -> str:
    with duckdb.connect(":memory:", config=PARSER) as connection:
        ((answer,),) = connection.execute(query, [value]).fetchall()
    return str(answer)


PARSER: dict[str, Any] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "1GB",
}


def first_line(error: object) -> str:
    """What DuckDB says, without its drawing of the place."""
    return str(error).split("\n", 1)[0].rstrip(".")


def _check(tree: Mapping[str, Any], views: Collection[str]) -> Iterator[str]:
    """The views that are read, while everything else is looked at."""
    # Names given by WITH; one that hides a view only reads what it says itself.
    own = frozenset(str(entry["key"]).lower() for node in _nodes(tree, MAX_DEPTH) for entry in _ctes(node))
    for node in _nodes(tree, MAX_DEPTH):
        if "class" in node:
            _check_expression(node)
        elif "type" in node and isinstance(node["type"], str):
            _check_node(node)
        if node.get("type") == "BASE_TABLE":
            name = str(node["table_name"]).lower()
            if name in views:
                yield name
            elif name not in own:
                raise _Refused(f"reads {node['table_name']!r}, which is none of the views")


def _nodes(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """Every object of the tree, wherever it hangs."""
    if depth == 0:
        raise _Refused(f"is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from _nodes(child, depth - 1)
    elif isinstance(value, list):
        for child in value:
            yield from _nodes(child, depth - 1)


def _ctes(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    ctes = node.get("cte_map")
    return list(ctes["map"]) if isinstance(ctes, dict) else []


def _check_expression(node: Mapping[str, Any]) -> None:
    if node["class"] not in _CLASSES:
        raise _Refused(f"uses {_plain(node['class'])}, which a query may not")
    if node["class"] == "TYPE":
        _check_type(node)
    name = node.get("function_name")
    if name is not None and (str(name).lower() not in FUNCTIONS or node.get("schema") or node.get("catalog")):
        raise _Refused(f"calls {name}, which a query may not")
    if node["class"] == "STAR" and node.get("expr"):
        raise _Refused("uses COLUMNS(…), which a query may not")


def _check_type(node: Mapping[str, Any]) -> None:
    if str(node["type_name"]).upper() not in _TYPES or node.get("schema") or node.get("catalog"):
        raise _Refused(f"speaks of the type {node['type_name']}; types are {', '.join(sorted(_TYPES))}")


def _check_node(node: Mapping[str, Any]) -> None:
    if node["type"] not in _NODES:
        raise _Refused(f"uses {_plain(node['type'])}, which a query may not")
    if node["type"] == "BASE_TABLE" and (node["schema_name"] or node["catalog_name"] or node["at_clause"]):
        raise _Refused("names a schema or a catalogue; a view has its name alone")
    if node["type"] == "TABLE_FUNCTION" and node["function"].get("function_name") != "unnest":
        raise _Refused(f"reads from {node['function'].get('function_name')}(…), which a query may not")


def _plain(name: str) -> str:
    return name.lower().replace("_", " ")
