"""Numbers of specimens in the names of files: found whole, however their parts are set apart.

`NHMUK 012539905` is found in `nhmuk-012539905-small.jpg` and in `NHMUK012539905_label.tif`;
`1084118` is found in `nhmuk-1084118.jpg` and neither in `10841180.jpg`, `x1084118.jpg` nor `10_84118.jpg`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from archive.matching.bounds import MAX_PATTERN_CHARACTERS
from archive.matching.findings import shown
from holdings.arrays import texts
from holdings.errors import BadInput

DEFAULT_PATTERN = r"[^\W_]+"
"""The words of a file name: runs of letters and digits. Without a pattern of the operator's, a number is
found where one word or several words in a row are the number, and never inside a word."""
_WORD = re.compile(DEFAULT_PATTERN)
_PART = re.compile(r"\d+|[^\W\d_]+")
_UNNAMED_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\((?!\?)")
"""An escaped sign, a class of signs, or the beginning of a group: only the last is changed."""
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_MAX_WORDS = 40
_MAX_PARTS = 12
_SHORT = 4
"""Numbers with fewer letters and digits are found only as the whole name: `2` is in too many names."""
_BATCH_NAMES = 50_000


def canonical(text: str) -> str:
    """A number as it is compared: parts of letters and of digits, in lower case, set apart by dots.

    Digits on both sides of a sign stay apart: `10-84118` is not `1084118`.
    """
    return ".".join(_PART.findall(_folded(text)))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def numbers_in(names: Iterable[str], pattern: str | None) -> Iterator[list[str]]:
    """For each file name the canonical numbers it may hold, by `pattern` or, where None, by its words."""
    return (_runs(name) for name in names) if pattern is None else _by_pattern(names, pattern)


def _runs(name: str) -> list[str]:
    stem = _folded(_EXTENSION.sub("", name))
    words = [canonical(word) for word in _WORD.findall(stem)[:_MAX_WORDS]]
    whole = ".".join(words)
    runs = []
    for first in range(len(words)):
        run = ""
        for word in words[first : first + _MAX_PARTS]:
            run = f"{run}.{word}" if run else word
            if len(run) >= _SHORT and len(run.replace(".", "")) >= _SHORT:
                runs.append(run)
    return runs if len(whole) >= _SHORT and whole in runs else [*runs, whole]


def _by_pattern(names: Iterable[str], pattern: str) -> Iterator[list[str]]:
    return ([canonical(text)] if text else [] for text in numbers_as_written(names, pattern))


def numbers_as_written(names: Iterable[str], pattern: str) -> Iterator[str | None]:
    """What the group `id` of the operator's regular expression holds, or all of it where there is no group.

    RE2 runs it (through Arrow), which takes time in proportion to the name whatever the expression:
    Python's `re` can be made to run for years by one expression and one name.
    """
    checked = _checked(pattern)
    waiting = iter(names)
    while names_now := list(islice(waiting, _BATCH_NAMES)):
        batch = texts([unicodedata.normalize("NFC", name) for name in names_now])
        yield from (text or None for text in pc.extract_regex(batch, checked).field("id").to_pylist())


def _checked(pattern: str) -> str:
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise BadInput(
            f"The pattern for file names has {len(pattern):,} characters; "
            f"{MAX_PATTERN_CHARACTERS} are allowed."
        )
    # Arrow wants every group to have a name; those without one only hold things together.
    grouped = _UNNAMED_GROUP.sub(lambda found: "(?:" if found[0] == "(" else found[0], pattern)
    whole = f"(?i){grouped}" if "(?P<id>" in grouped else f"(?i)(?P<id>{grouped})"
    try:
        pc.extract_regex(texts(["x"]), whole)
    except pa.ArrowInvalid as error:
        raise BadInput(
            f"The pattern for file names, {shown(pattern)}, is not a regular expression that RE2 takes.",
            hint="RE2 has no look-behind and no back-references; a group marks the number: (?P<id>BM[0-9]+).",
            detail=str(error),
        ) from None
    return whole


def split_numbers(text: str) -> Iterable[str]:
    """The numbers in one field: the whole, and the parts where it is a list."""
    yield text
    if any(sign in text for sign in "|;,"):
        yield from re.split(r"[|;,]", text)


def last_part(uri: str) -> str:
    """What a specimen's URI ends with: its number, as a rule; other text is itself."""
    return uri.rstrip("/").rpartition("/")[2] if "://" in uri else uri
