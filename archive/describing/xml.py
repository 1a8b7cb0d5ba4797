"""A few lines that write well-formed XML 1.0 and nothing else: a tree would not fit a large bag."""

from __future__ import annotations

import re

_SPECIAL = re.compile("[^\t\n -%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""`&`, `<`, `>`, the carriage return, which parsers change, and what XML 1.0 (section 2.2) cannot hold."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


def escaped(text: str) -> str:
    """A text as an element holds it. What XML cannot hold at all is written as Python would: `\\x01`."""
    return _SPECIAL.sub(_escaped, text)


def leaf(name: str, text: str, attributes: str = "") -> str:
    """An element that holds a text."""
    return f"<{name}{attributes}>{escaped(text)}</{name}>"


def element(name: str, *content: str, attributes: str = "") -> str:
    """An element that holds other elements, or nothing."""
    return f"<{name}{attributes}>{''.join(content)}</{name}>"


def _escaped(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or ascii(found[0])[1:-1]
