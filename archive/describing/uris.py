"""Names of files and specimens as URI references (RFC 3986 and 3987), for XML and JSON-LD alike.

Letters of every script stay as they are, as RO-Crate 1.2 asks; whatever a reference may not
hold is percent-encoded. Decoding gives back the very name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

_UNRESERVED = r"A-Za-z0-9\-._~"
_UCSCHAR = (
    "\u00a0-\u200d\u2010-\u2029\u202f-\u2065\u206a-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
    "\U00010000-\U0001fffd\U00020000-\U0002fffd\U00030000-\U0003fffd\U000e1000-\U000efffd"
)
"""RFC 3987, section 2.2, without the marks that change the direction of writing (section 4.1)."""
_NOT_IN_PATH = re.compile(rf"[^{_UNRESERVED}!$&'()*+,;=:@/{_UCSCHAR}]")
_NOT_IN_FRAGMENT = re.compile(rf"[^{_UNRESERVED}!$'()*+,;=:@{_UCSCHAR}]")
_WEB = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x1f]{1,2000}", re.IGNORECASE)


def path_uri(path: str) -> str:
    """The reference to a file of the payload, from the bag's base directory."""
    return "data/" + _NOT_IN_PATH.sub(_encoded, path)


def fragment_uri(kind: str, name: str) -> str:
    """The reference to a thing that is described in the document itself: `#specimen-1084118`."""
    return f"#{kind}-{_NOT_IN_FRAGMENT.sub(_encoded, name)}"


def is_web_uri(text: str) -> bool:
    """Whether `text` is an address that a reference may be, as it stands."""
    return bool(_WEB.fullmatch(text))


def _encoded(found: re.Match[str]) -> str:
    return _percent(found[0])


@lru_cache(1000)
def _percent(letter: str) -> str:
    return quote(letter, safe="")
