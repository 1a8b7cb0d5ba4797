"""The address of a PostgreSQL database: without a secret, and not shown where it is wrong."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from holdings.settings.problems import SECRET_NAME, Problem

_URL = re.compile(
    r"postgres(?:ql)?://(?:(?P<user>[^/?#]*)@)?(?P<hosts>[^/?#@]*)"
    r"(?:/(?P<database>[^/?#@]*))?(?:[?](?P<query>[^?#@]*))?",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:[A-Za-z0-9._-]*|%2[fF][A-Za-z0-9._%-]*|\[[0-9A-Fa-f:.%]+\])(?::[0-9]{1,5})?")
_PLACE = ("catalogue", "url")
_HOLDS_ONE = (
    "holds a password, and secrets do not belong into this file: "
    "PGPASSWORD, PGPASSFILE or a service file give it"
)
_FORM = (
    "is no address of a PostgreSQL database, as postgresql://user@host:5432/database?sslmode=verify-full is"
)


def database_problems(data: dict[str, Any]) -> list[Problem]:
    """What is wrong with `url` under [catalogue], which is then blotted out so that nothing prints it."""
    table = data.get("catalogue")
    url = table.get("url") if isinstance(table, dict) else None
    if not isinstance(table, dict) or not isinstance(url, str):
        return []
    says = _wrong_with(url)
    if says is None:
        return []
    table["url"] = "postgresql://"
    return [Problem(place=_PLACE, says=says)]


def _wrong_with(url: str) -> str | None:
    """What a sentence says of it, without a word of it: what looks like a slip may be part of a password."""
    parts = _URL.fullmatch(url)
    is_one = parts and url.isprintable() and " " not in url
    if parts and is_one and all(_HOST.fullmatch(host) for host in parts["hosts"].split(",")):
        names = [unquote(word.partition("=")[0]) for word in (parts["query"] or "").split("&")]
        is_secret = ":" in (parts["user"] or "") or any(SECRET_NAME.search(name) for name in names)
        return _HOLDS_ONE if is_secret else None
    return _HOLDS_ONE if "@" in url and url.rpartition("@")[0].count(":") > 1 else _FORM
