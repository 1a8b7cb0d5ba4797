from __future__ import annotations

import time

import pytest

from holdings.errors import BadInput
from tiering.policy.columns import COLUMN_NAMES, COLUMNS
from tiering.policy.expression import MAX_CHARACTERS, MAX_DEPTH, always_true, condition_sql
from tiering.policy.locked import locked_engine

ALLOWED = [
    "true",
    "kind = 'bag' and age_days >= 365",
    "not (bytes between 1 and 2e3) or kind in ('bag', 'collection')",
    "kind not in ('bag')",
    "collection like 'nhmuk-%' and collection not ilike '%TEST%'",
    "kind is null or kind is not null",
    "lower(collection) || 'x' = 'bagx'",
    "case when images > 0 then true else age_days > 3 end",
    "case when images > 0 then true end",
    "bytes::double > -3.5",
    "try_cast(collection as bigint) > 7",
    "coalesce(collection, '') <> ''",
    "bytes / images >= 1_000_000",
    "bytes // 7 % 2 = 1",
    "greatest(bytes, 10) > least(objects, 3) + 1",
    "kind is not distinct from 'bag'",
    "(bytes > 1) is true",
    "KIND = 'bag'",
    "\"kind\" = 'bag'",
    "collection = 'it''s; drop table packages --'",
    "kind /* a comment */ = 'bag' -- and another\n and true",
    "kind = 'bag' -- at the end",
    "starts_with(collection, 'nhm')",
]

REFUSED = {
    "a subquery": "(select 1) = 1",
    "a subquery behind in": "bytes in (select 1)",
    "a subquery behind exists": "exists (select 1)",
    "a from-first subquery": "kind = (from x)",
    "any of a list": "kind = any(['bag'])",
    "a file as a table": "bytes in (select column0 from read_csv('/etc/passwd'))",
    "a file as a scalar": "read_text('/etc/passwd') = ''",
    "the clock": "now() > '2020-01-01'",
    "the date without brackets": "current_date > '2020-01-01'",
    "chance": "random() > 0.5",
    "a setting": "current_setting('threads') = '1'",
    "a variable": "getvariable('x') = 1",
    "the environment": "getenv('HOME') = '/root'",
    "an aggregate": "count(*) > 1",
    "an aggregate with a filter": "count(kind) filter (where true) > 1",
    "a window": "row_number() over () = 1",
    "a star": "*",
    "a star over columns": "columns(*)",
    "a positional parameter": "$1",
    "a named parameter": "$x = 1",
    "a question mark": "?",
    "a lambda": "lambda x: x",
    "a list function with a lambda": "list_filter([1], lambda x: x > 1) = [1]",
    "a list": "kind in ['bag']",
    "a struct": "{'a': 1}.a = 1",
    "struct access": "kind.a = 1",
    "array access": "kind[1] = 'b'",
    "a row": "(kind, bytes) = ('bag', 1)",
    "a function of another schema": "main.lower(kind) = 'bag'",
    "a function of another catalogue": "system.main.lower(kind) = 'bag'",
    "a method call": "kind.lower() = 'bag'",
    "a named argument": "lower(string := kind) = 'bag'",
    "a collation": "kind = 'BAG' collate nocase",
    "a cast to a list": "cast(bytes as integer[]) = [1]",
    "a cast to a type with arguments": "bytes::decimal(10, 2) > 1",
    "a cast to a length": "bytes::varchar(3) = '1'",
    "an order inside a call": "lower(kind order by kind) = 'bag'",
    "a cast to a date": "date '2020-01-01' > '2019-01-01'",
    "an interval": "interval 1 day > interval 2 day",
    "try, which hides faults": "try(bytes / 0) > 1",
    "a power": "bytes ** 99 > 1",
    "an escape": "collection like 'a!%' escape '!'",
    "a blob": "x'00' = 1",
    "default": "default",
    "a column that is not there": "kinds = 'bag'",
    "a column of the table by name": "packages.kind = 'bag'",
    "nothing": "",
    "only spaces": "  \n ",
    "only a comment": "-- kind = 'bag'",
    "only an open comment": "/*",
    "an open comment": "kind = 'bag' /*",
    "a second statement": "true; select 1",
    "a statement behind a closed bracket": "true); drop table packages; select (true",
    "a dropped table": "kind = 'bag'); drop table packages",
    "a union": "kind = 'bag') union select (true",
    "a second column": "true), (true",
    "a second column without brackets": "true, true",
    "an alias": "kind = 'bag' as matches",
    "an alias without as": "kind = 'bag' matches",
    "a from clause": "true) from (select 1",
    "a from clause without brackets": "true from packages",
    "a where clause without brackets": "true where true",
    "an order without brackets": "true order by 1",
    "a limit without brackets": "true limit 0",
    "a group without brackets": "true group by 1",
    "a having without brackets": "true having true",
    "a sample without brackets": "true using sample 1",
    "a window clause": "true window w as (order by kind)",
    "a union without brackets": "true union select true",
    "distinct": "distinct true",
    "a where clause": "true) where (true",
    "an order": "true) order by (1",
    "a limit": "true) limit (1",
    "a group": "true) group by (1",
    "a sample": "true) using sample (1",
    "a bracket closed and opened again": "true) or (false",
    "a bracket left open": "(kind = 'bag'",
    "a bracket too many": "kind = 'bag')",
    "an open quote": "kind = 'bag",
    "typographic quotes": "kind = \u2018bag\u2019",
    "a fullwidth quote": "kind = \uff07bag\uff07",
    "a null byte": "kind = 'b\x00'",
    "an escape character": "kind = '\x1b[31m'",
    "half a surrogate pair": "kind = '\ud800'",
    "not a condition but a number": "bytes",
    "not a condition but text": "kind",
    "null": "null",
    "text against a number": "kind > 3",
    "a number against text": "bytes > 'many'",
    "a division by zero": "bytes // 0 > 1",
    "an overflow": "bytes * 9223372036854775807 > 1",
    "too long": "bytes > 1 and " * 200 + "true",
    "brackets too deep": "(" * 500 + "true" + ")" * 500,
    "only opening brackets": "(" * MAX_CHARACTERS,
    "negations too deep": "not " * 300 + "true",
    "a pragma": "pragma version",
    "an attach": "attach '/tmp/x.db'",
    "a copy": "copy (select 1) to '/tmp/x.csv'",
    "a common table": "with x as (select true) select * from x",
    "a common table in brackets": "(with x as (select true) select * from x)",
    "a list of values": "bytes in (values (1))",
    "a query as an array": "array(select 1) is null",
    "a query in coalesce": "coalesce((select true), false)",
    "a listing of a folder": "glob('/etc/*') = ''",
    "a listing of a folder as a table": "exists (from glob('/etc/*'))",
    "a file by its name alone": "kind in (from '/etc/passwd')",
    "a file as bytes": "read_blob('/etc/passwd') is null",
    "a file's dialect": "sniff_csv('/etc/passwd') is null",
    "a function in capitals": "READ_TEXT('/etc/passwd') = ''",
    "a function in quotes": "\"read_text\"('/etc/passwd') = ''",
    "a query as text": "query('select 1') is null",
    "a table by its name as text": "query_table('packages') is null",
    "a macro": "create macro f(x) as x",
    "a sequence": "nextval('s') > 1",
    "an identifier by chance": "uuid() = ''",
    "the version": "version() = ''",
    "the user": "current_user = 'root'",
    "a pragma as a function": "pragma_version() = ''",
    "a billion rows": "generate_series(1, 1000000000) is null",
    "a billion letters": "repeat('a', 1000000000) = ''",
    "a regular expression": "regexp_matches(collection, '(a+)+$')",
    "a regular expression as a sign": "collection ~ '(a+)+$'",
    "an error on purpose": "error('x')",
    "a row's number": "rowid > 0",
    "a pivot": "(pivot x on y)",
    "a second statement that is empty": "true;",
    "an extension": "true; install httpfs",
    "a cast to an enumeration": "kind::enum('a') = 'a'",
    "a column in letters that look alike": "k\u0456nd = 'bag'",
    "a column in wide letters": "\uff4b\uff49\uff4e\uff44 = 'bag'",
    "a column with a space of no width": "ki\u200bnd = 'bag'",
    "text that reads backwards": "kind = 'b\u202eag'",
    "text that is set apart": "kind = 'b\u2066ag\u2069'",
    "a delete character": "kind = 'b\x7fag'",
    "more digits than numbers have": "bytes > " + "9" * 1500,
    "cases too deep": "case when true then " * 60 + "true" + " end" * 60,
    "an assignment": "kind := 'bag'",
}


@pytest.mark.parametrize("where", ALLOWED)
def test_a_condition_on_packages_is_written_anew(where: str) -> None:
    again = condition_sql(where)
    assert condition_sql(again) == again


@pytest.mark.parametrize("where", REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_is_refused_in_one_sentence(where: str) -> None:
    with pytest.raises(BadInput) as caught:
        condition_sql(where)
    sentence = caught.value.sentence
    assert sentence.startswith("The condition ")
    assert sentence.endswith(".")
    assert "\n" not in sentence.replace(where, "")
    assert len(sentence) < 600
    assert caught.value.hint is not None


def test_a_refusal_names_the_columns_that_there_are() -> None:
    with pytest.raises(BadInput) as caught:
        condition_sql("idle_weeks > 3")
    assert "'idle_weeks', which is not a column" in caught.value.sentence
    assert all(name in (caught.value.hint or "") for name in COLUMN_NAMES)


def test_hostile_depth_is_refused_quickly() -> None:
    began = time.process_time()
    for opening in "([{":
        with pytest.raises(BadInput):
            condition_sql(opening * MAX_CHARACTERS)
    assert time.process_time() - began < 5, "hostile depth costs more than it is long"


def test_no_pattern_takes_longer_than_its_data() -> None:
    """Where a matcher tries again at each place, these never end."""
    began = time.process_time()
    for pattern in ("%a" * 300 + "%b", "%_a" * 200 + "%b", "a%" * 300 + "_b"):
        sql = condition_sql(f"collection like '{pattern}'")
        query = f"SELECT {sql} FROM (SELECT ? AS collection)"  # written by what is tested
        assert locked_engine().execute(query, ["a" * 5000]).fetchall() == [(False,)]
    assert time.process_time() - began < 2


def test_depth_below_the_bound_is_fine() -> None:
    depth = MAX_DEPTH - 1
    assert condition_sql("(" * depth + "true" + ")" * depth) == "true"


def test_text_constants_stay_text() -> None:
    sql = condition_sql("collection = 'x''; drop table y; --'")
    assert sql == "(\"collection\" = 'x''; drop table y; --')"


def test_always_true_is_the_word_itself() -> None:
    assert always_true(" TRUE ")
    assert always_true("(true)")
    assert not always_true("true or kind = 'bag'")
    assert not always_true("1 = 1")


def test_the_second_wall_stands_without_the_first() -> None:
    for attempt in (
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy (select 1) to '/tmp/holdfast-escaped.csv'",
        "attach '/tmp/holdfast-escaped.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset lock_configuration",
    ):
        with pytest.raises(Exception, match=r"(?i)error"):
            locked_engine().execute(attempt).fetchall()


def test_python_variables_are_out_of_reach() -> None:
    secret = [("x", 1)]
    with pytest.raises(Exception, match=r"(?i)does not exist"):
        locked_engine().execute("select * from secret").fetchall()
    assert secret


def test_every_column_can_be_used_and_is_told() -> None:
    for column in COLUMNS:
        assert condition_sql(f"{column.name} is not null")
        assert column.meaning.endswith(".")
