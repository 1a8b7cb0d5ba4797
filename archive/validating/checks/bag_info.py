"""The metadata: labels and values, in the order in which they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archive.validating.interface import Finding, Problem, error, gathered, printable, warning
from archive.validating.opened import OpenedBag
from archive.validating.text import MAX_SMALL_BYTES, line_batches

_ELEMENT = re.compile(r"(?P<label>[^:]+):(?P<space>[ \t]?)(?P<value>.*)", re.DOTALL)
_ONCE = frozenset({"bagging-date", "bag-size", "bag-count", "bag-group-identifier"})


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Every line is an element or goes on with one."""
    name = bag.info_name
    if name not in bag.contents.tags.places:
        return
    bag.has_info = True
    try:
        data = gathered(bag.source.read(name), at_most=MAX_SMALL_BYTES)
        lines = [line for batch in line_batches([data], bag.encoding) for line in batch]
    except Problem as problem:
        yield error(problem.code, "2.3", f"{name} {problem.sentence}.", name)
        return
    if lines and lines[0].startswith("\ufeff"):
        lines[0] = lines[0][1:]
        yield warning("byte-order-mark", "2.3", f"{name} begins with a byte-order mark.", name)
    for number, line in enumerate(lines, start=1):
        yield from _take(bag, name, number, line)
    yield from _check_repeated(bag, name)


def _take(bag: OpenedBag, name: str, number: int, line: str) -> Iterator[Finding]:
    if not line.strip():
        yield warning("bag-info-blank-line", "2.2.2", f"Line {number} of {name} is empty.", name)
        return
    if line[0] in " \t" and bag.info:
        label, value = bag.info[-1]
        bag.info[-1] = (label, f"{value} {line.strip()}".strip())
        return
    parts = _ELEMENT.fullmatch(line)
    if parts is None:
        shown = printable(line[:80])
        yield error(
            "bag-info-line", "2.2.2", f"Line {number} of {name} is no 'Label: value': '{shown}'.", name
        )
        return
    label = parts["label"].strip()
    bag.info.append((label, parts["value"].strip()))
    if label != parts["label"] or (not parts["space"] and parts["value"]):
        make = error if bag.is_1_0 else warning
        sentence = f"Line {number} of {name} does not put exactly a colon and a blank after its label."
        yield make("bag-info-separator", "2.2.2", sentence, name)


def _check_repeated(bag: OpenedBag, name: str) -> Iterator[Finding]:
    labels = [label.lower() for label, _ in bag.info]
    for label in sorted(_ONCE & set(labels)):
        if labels.count(label) > 1:
            yield warning("bag-info-repeated", "2.2.2", f"{name} should give {label} once.", name)
