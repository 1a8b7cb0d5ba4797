"""Finding the line of a key by looking is good enough to point at it."""

from __future__ import annotations

from holdings.settings.problems import dotted, key_lines, nearest

TEXT = """\
# [not.a.table]
top = 1
"quoted key" = 2

[a.b]  # a comment
x = "[no table]"
y.z = 3
  indented = 4
[[rules]]
name = "first"
[[rules]]
name = "second"
"""


def test_lines_of_keys() -> None:
    lines = key_lines(TEXT)
    assert lines[("top",)] == 2
    assert lines[("quoted key",)] == 3
    assert lines[("a", "b")] == 5
    assert lines[("a", "b", "y", "z")] == 7
    assert lines[("a", "b", "indented")] == 8
    assert lines[("rules", 0, "name")] == 10
    assert lines[("rules", 1)] == 11
    assert lines[("rules", 1, "name")] == 12
    assert ("not", "a", "table") not in lines


def test_places_as_people_write_them() -> None:
    assert dotted(("rules", 1, "copies", "hot")) == "rules[2].copies.hot"


def test_the_nearest_word_or_all() -> None:
    assert nearest("teir", ["tier", "url"]) == " (did you mean 'tier'?)"
    assert nearest("zzz", ["tier", "url"]) == " (there are: tier, url)"
    assert nearest("x", []) == " (there are none)"
