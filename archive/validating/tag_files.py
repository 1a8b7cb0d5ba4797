"""Reading a small tag file whole, and what its text breaks of RFC 8493, 2.3."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator

from archive.validating.interface import Finding, Problem, error, gathered, warning
from archive.validating.opened import OpenedBag
from archive.validating.text import MAX_SMALL_BYTES, text_batches

MARK = "\ufeff"


def tag_lines(bag: OpenedBag, name: str) -> Generator[Finding, None, Iterator[str]]:
    """Tells of a byte-order mark, of an unended last line, of bytes in another encoding.

    Returns the lines without their ends, one by one; none where it cannot be read.
    """
    try:
        data = gathered(bag.source.read(name), at_most=MAX_SMALL_BYTES)
        text = "".join(text_batches([data], bag.encoding))
    except Problem as problem:
        yield error(problem.code, "2.3", f"{name} {problem.sentence}.", name)
        return iter(())
    make = error if bag.is_1_0 else warning
    if text.startswith(MARK):
        yield make("byte-order-mark", "2.3", f"{name} begins with a byte-order mark.", name)
    if bag.is_1_0 and text and not text.endswith("\n"):
        yield make("line-end-missing", "2.3", f"The last line of {name} does not end.", name)
    # A list of them would take ten times the memory of the text.
    return (line.removesuffix("\n") for line in io.StringIO(text.removeprefix(MARK), newline="\n"))
