"""What a rule's `where` may say, and its translation into the SQL that is evaluated.

DuckDB parses the text; the tree is walked with a list of what is allowed, and the SQL is
written anew from the tree. So what is evaluated is what was checked, never what was typed.

```
"kind = 'bag'" ──parse──> tree ──walk, allow-list──> ("kind" = 'bag') ──try on an empty table──> boolean
```
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import duckdb

from holdings.errors import BadInput
from tiering.policy.columns import COLUMN_NAMES, COLUMNS
from tiering.policy.locked import locked_engine

MAX_CHARACTERS = 2_000
MAX_DEPTH = 50
"""Of brackets and of the tree: beyond it nobody understands a rule, and parsers slow down."""

FUNCTIONS = frozenset(
    {
        "abs", "ceil", "contains", "ends_with", "floor", "greatest", "least", "length",
        "lower", "nullif", "round", "starts_with", "trim", "upper",
    }
)  # fmt: skip
"""Pure functions that `where` may call: same in, same out, and nothing reached."""

_INFIX = {
    "+": "+", "-": "-", "*": "*", "/": "/", "//": "//", "%": "%", "||": "||",
    "~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE",
}  # fmt: skip
_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM",
    "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}
_CONJUNCTIONS = {"CONJUNCTION_AND": " AND ", "CONJUNCTION_OR": " OR "}
_TYPES = frozenset({"BOOLEAN", "INTEGER", "INT", "BIGINT", "HUGEINT", "DOUBLE", "VARCHAR", "TEXT"})
_NUMBER = re.compile(r"-?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs and ends of lines, and those that turn round how text is shown."""
_PLAIN_NODE = {"type": "SELECT_NODE", "aggregate_handling": "STANDARD_HANDLING", "cte_map": {"map": []}}
_SAMPLE = {"VARCHAR": "'bag'", "BIGINT": "1009"}
_EVERY_NODE = {"class", "type", "alias", "query_location", "query_location_length"}

Node = Mapping[str, Any]
_T = TypeVar("_T")


class _Refused(Exception):
    """Why an expression is refused, as the second half of a sentence."""


@lru_cache(maxsize=1024)
def condition_sql(where: str) -> str:
    """`where` as SQL over the columns of `COLUMNS`, fully bracketed.

    Raises BadInput, in one sentence, for whatever is not a restricted boolean expression.
    Where the expression is NULL for a package, the rule does not match it.
    """
    try:
        _bound(where)
        # It has to be an expression with brackets round it (`true window …` is none, and leaves no
        # trace in the tree) and without (in brackets, `true) or (false` would be one).
        _parsed(f"({where}\n)")
        sql = _expression(_parsed(where), MAX_DEPTH)
        _must_be_boolean(sql)
    except _Refused as refusal:
        raise BadInput(
            f"The condition {_shown(where)} {refusal}.",
            hint=f"The columns are: {', '.join(COLUMN_NAMES)}. For example: kind = 'bag' and age_days >= 365",
        ) from None
    return sql


def always_true(where: str) -> bool:
    """Whether `where` is the word `true` and nothing else."""
    return condition_sql(where) == "true"


def _shown(where: str) -> str:
    return f"`{where}`" if len(where) <= 120 else f"`{where[:120]}…`"


def _bound(where: str) -> None:
    if not where.strip():
        raise _Refused("is empty; write true for a rule that matches every package")
    if len(where) > MAX_CHARACTERS:
        raise _Refused(f"has {len(where)} characters; it takes at most {MAX_CHARACTERS}")
    if _CONTROL.search(where):
        raise _Refused("has a control character, or one that turns the direction of reading round")
    if max(where.count(bracket) for bracket in "([{") > MAX_DEPTH:
        raise _Refused(f"has more than {MAX_DEPTH} opening brackets")


def _parsed(text: str) -> Node:
    try:
        ((tree,),) = locked_engine().execute("select json_serialize_sql(?)", [f"select {text}"]).fetchall()
        answer = json.loads(tree)
    except (duckdb.Error, UnicodeError, RecursionError, ValueError) as error:
        raise _Refused(f"is not SQL that DuckDB understands ({_first_line(error)})") from None
    if answer["error"]:
        raise _Refused(f"is not SQL that DuckDB understands ({_first_line(answer['error_message'])})")
    return _only_expression(answer["statements"])


def _only_expression(statements: Sequence[Any]) -> Node:
    """The one expression of `select <expression>`; anything beside it is refused."""
    if len(statements) != 1:
        raise _Refused("holds more than one statement")
    node = dict(statements[0]["node"])
    chosen, source = node.pop("select_list", []), node.pop("from_table", None) or {}
    rest = {key: value for key, value in node.items() if value}
    if source.get("type") != "EMPTY" or rest != _PLAIN_NODE or len(chosen) != 1 or chosen[0]["alias"]:
        raise _Refused("is more than a condition on one package: it holds another clause or query")
    expression: Node = chosen[0]
    return expression


def _expression(node: Node, depth: int) -> str:
    if depth == 0:
        raise _Refused(f"is nested more than {MAX_DEPTH} deep")
    write = _WRITERS.get(node["class"])
    if write is None:
        raise _Refused(f"uses {_plain(node['class'])}, which a condition may not")
    if node["alias"]:
        raise _Refused(f"gives the name '{node['alias']}' to a part of itself")
    return write(node, depth - 1)


def _fields(node: Node, *names: str) -> list[Any]:
    """The named fields of `node`; refused where it holds anything else, such as a FILTER or a schema."""
    more = [key for key in node.keys() - _EVERY_NODE - set(names) if node[key]]
    if more:
        raise _Refused(
            f"uses {_plain(node['class'])} with {_plain(sorted(more)[0])}, which a condition may not"
        )
    return [node[name] for name in names]


def _column(node: Node, _: int) -> str:
    (names,) = _fields(node, "column_names")
    name = ".".join(names)
    if name.lower() not in COLUMN_NAMES:
        raise _Refused(f"speaks of '{name}', which is not a column")
    return f'"{name.lower()}"'


def _constant(node: Node, _: int) -> str:
    (literal,) = _fields(node, "literal")
    kind, text = str(literal["kind"]), str(literal.get("text", ""))
    if kind == "STRING":
        return "'" + text.replace("'", "''") + "'"
    if kind in ("INTEGER", "NUMERIC") and _NUMBER.fullmatch(text):
        return f"({text})" if text.startswith("-") else text
    if kind == "BOOLEAN" and text in ("true", "false"):
        return text
    if kind == "NULL_LITERAL":
        return "NULL"
    raise _Refused(f"holds a constant of the kind {kind}, which a condition may not")


def _comparison(node: Node, depth: int) -> str:
    left, right = _fields(node, "left", "right")
    sign = _allowed(_COMPARISONS, node["type"])
    return f"({_expression(left, depth)} {sign} {_expression(right, depth)})"


def _conjunction(node: Node, depth: int) -> str:
    (children,) = _fields(node, "children")
    return "(" + _allowed(_CONJUNCTIONS, node["type"]).join(_all(children, depth)) + ")"


def _between(node: Node, depth: int) -> str:
    value, lower, upper = _all(_fields(node, "input", "lower", "upper"), depth)
    return f"({value} BETWEEN {lower} AND {upper})"


def _case(node: Node, depth: int) -> str:
    checks, otherwise = _fields(node, "case_checks", "else_expr")
    whens = (_all((check["when_expr"], check["then_expr"]), depth) for check in checks)
    branches = " ".join(f"WHEN {when} THEN {then}" for when, then in whens)
    return f"(CASE {branches} ELSE {_expression(otherwise, depth)} END)"


def _cast(node: Node, depth: int) -> str:
    child, target, attempt = _fields(node, "child", "type_expr", "try_cast")
    name = str(target["type_name"]).upper()
    if name not in _TYPES or target["children"] or target["schema"] or target["catalog"]:
        raise _Refused(f"casts to {name}; plain types are {', '.join(sorted(_TYPES))}")
    return f"({'TRY_CAST' if attempt else 'CAST'}({_expression(child, depth)} AS {name}))"


def _operator(node: Node, depth: int) -> str:
    (children,) = _fields(node, "children")
    return _allowed(_OPERATORS, node["type"])(*_all(children, depth))


def _function(node: Node, depth: int) -> str:
    name, is_operator, arguments, order, _ = _fields(
        node, "function_name", "is_operator", "arguments", "order_bys", "qualified_name"
    )
    if order["orders"] or any(argument["name"] for argument in arguments):
        raise _Refused(f"calls {name} in a way that a condition may not")
    texts = _all([argument["expression"] for argument in arguments], depth)
    if is_operator and len(texts) == 1 and name in ("-", "+"):
        return f"({name} {texts[0]})"
    if is_operator and len(texts) == 2 and name in _INFIX:
        return f"({texts[0]} {_INFIX[name]} {texts[1]})"
    if not is_operator and name.lower() in FUNCTIONS:
        return f"{name.lower()}({', '.join(texts)})"
    raise _Refused(f"calls {name}; the functions are {', '.join(sorted(FUNCTIONS))}")


def _all(nodes: Sequence[Node], depth: int) -> list[str]:
    return [_expression(node, depth) for node in nodes]


def _allowed(table: Mapping[str, _T], name: str) -> _T:
    try:
        return table[name]
    except KeyError:
        raise _Refused(f"uses {_plain(name)}, which a condition may not") from None


_OPERATORS: Mapping[str, Callable[..., str]] = {
    "OPERATOR_NOT": lambda child: f"(NOT {child})",
    "OPERATOR_IS_NULL": lambda child: f"({child} IS NULL)",
    "OPERATOR_IS_NOT_NULL": lambda child: f"({child} IS NOT NULL)",
    "OPERATOR_COALESCE": lambda *children: f"coalesce({', '.join(children)})",
    "COMPARE_IN": lambda child, *others: f"({child} IN ({', '.join(others)}))",
    "COMPARE_NOT_IN": lambda child, *others: f"({child} NOT IN ({', '.join(others)}))",
}
_WRITERS: Mapping[str, Callable[[Node, int], str]] = {
    "BETWEEN": _between,
    "CASE": _case,
    "CAST": _cast,
    "COLUMN_REF": _column,
    "COMPARISON": _comparison,
    "CONJUNCTION": _conjunction,
    "CONSTANT": _constant,
    "FUNCTION": _function,
    "OPERATOR": _operator,
}


def _must_be_boolean(sql: str) -> None:
    """Try the expression on one made-up package: whatever can be known wrong beforehand shows here."""
    row = ", ".join(f"{_SAMPLE[column.sql_type]}::{column.sql_type} AS {column.name}" for column in COLUMNS)
    # The SQL was written by this module from a tree it checked.
    query = f"SELECT {sql} AS matches FROM (SELECT {row})"  # noqa: S608
    try:
        answer = locked_engine().execute(query)
        kind = str(answer.description[0][1])
        answer.fetchall()
    except duckdb.Error as error:
        raise _Refused(f"does not fit the columns ({_first_line(error)})") from None
    if kind.upper() not in ("BOOLEAN", "BOOL"):
        raise _Refused(f"is not true or false but {kind}")


def _plain(name: str) -> str:
    return name.lower().replace("_", " ")


def _first_line(error: object) -> str:
    # Without DuckDB's advice: what it would have us use instead, a condition may not.
    return str(error).split("\n", 1)[0].split(". Use ", 1)[0].rstrip(".")
