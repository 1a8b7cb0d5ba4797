"""The metadata: labels and values, in the order in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archive.validating.interface import Finding, error, printable, warning
from archive.validating.opened import OpenedBag
from archive.validating.tag_files import tag_lines

_ELEMENT = re.compile(r"(?P<label>[^:]+):(?P<space>[ \t]?)(?P<value>.*)", re.DOTALL)
MOST_LINES = 250_000
"""That are read: real bags have a few dozen, and a hostile archive of some kilobytes has millions."""
_ONCE = frozenset({"bagging-date", "bag-size", "bag-count", "bag-group-identifier"})


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Every line is an element or goes on with one."""
    name = bag.info_name
    if name not in bag.contents.tags.places:
        return
    bag.has_info = True
    lines = yield from tag_lines(bag, name)
    elements: list[tuple[str, list[str]]] = []
    for number, line in enumerate(lines, start=1):
        if number > MOST_LINES:
            sentence = f"{name} has more than {MOST_LINES:,} lines; the rest was not read."
            yield error("tag-file-too-large", "2.2.2", sentence, name)
            break
        yield from _take(bag, elements, number, line)
    bag.info = [(label, " ".join(filter(None, values))) for label, values in elements]
    yield from _check_repeated(bag, name)


def _take(bag: OpenedBag, elements: list[tuple[str, list[str]]], number: int, line: str) -> Iterator[Finding]:
    name = bag.info_name
    if not line.strip():
        yield warning("bag-info-blank-line", "2.2.2", f"Line {number} of {name} is empty.", name)
        return
    if line[0] in " \t" and elements:
        elements[-1][1].append(line.strip())
        return
    parts = _ELEMENT.fullmatch(line)
    if parts is None:
        shown = printable(line[:80])
        yield error(
            "bag-info-line", "2.2.2", f"Line {number} of {name} is no 'Label: value': '{shown}'.", name
        )
        return
    label = parts["label"].strip()
    elements.append((label, [parts["value"].strip()]))
    if label != parts["label"] or (not parts["space"] and parts["value"]):
        make = error if bag.is_1_0 else warning
        where = f"Line {number} of {name}"
        sentence = (
            f"{where} does not put exactly a colon and a blank after its label."
            if label == parts["label"]
            else f"{where} has blanks around its label '{printable(label[:80])}'."
        )
        yield make("bag-info-separator", "2.2.2", sentence, name)


def _check_repeated(bag: OpenedBag, name: str) -> Iterator[Finding]:
    labels = [label.lower() for label, _ in bag.info]
    for label in sorted(_ONCE & set(labels)):
        if labels.count(label) > 1:
            yield warning("bag-info-repeated", "2.2.2", f"{name} should give {label} once.", name)
