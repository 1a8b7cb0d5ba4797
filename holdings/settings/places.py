"""Where a store is: URLs as people write them, made absolute, and whether two are one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

_BUCKET = re.compile(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """One place, comparable with others."""

    scheme: str
    root: str
    """The machine, endpoint or bucket that the parts are counted from."""
    parts: tuple[str, ...]
    url: str

    def holds(self, other: Location) -> bool:
        """Whether `other` is this place or lies inside it."""
        same_root = (self.scheme, self.root) == (other.scheme, other.root)
        return same_root and other.parts[: len(self.parts)] == self.parts


def locate(url: str, *, folder: Path, name: str, endpoint: str | None = None) -> Location:
    """The place that `url` names; relative paths count from `folder`. Raises ValueError saying the rule."""
    scheme, colon, rest = url.partition(":")
    readers = {
        "file": lambda: _file(rest, folder),
        "memory": lambda: _memory(rest, name),
        "s3": lambda: _s3(rest, endpoint),
    }
    if not colon or scheme not in readers:
        raise ValueError("a URL begins with file:, s3:// or is memory:")
    return readers[scheme]()


def _file(rest: str, folder: Path) -> Location:
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in ("", "localhost"):
            raise ValueError(
                "file: names a folder of this machine, as file:relative/path or file:///absolute/path"
            )
        rest = unquote(slash + path)  # two slashes make it a URL with a URL's escapes; none, a plain path
    if not rest or "\0" in rest:
        raise ValueError("file: is followed by a folder, as in file:stores/hot")
    return folder_location(folder / rest)


def folder_location(path: Path) -> Location:
    """The place that a folder is, links followed."""
    absolute = Path(path).absolute()
    # Only `..` needs resolving: a link to a mounted disk is the operator's name for it.
    shown = absolute.resolve() if ".." in absolute.parts else absolute
    return Location(scheme="file", root="", parts=absolute.resolve().parts, url=shown.as_uri())


def _memory(rest: str, name: str) -> Location:
    if rest:
        raise ValueError("memory: stands alone")
    return Location(scheme="memory", root=name, parts=(), url="memory:")


def _s3(rest: str, endpoint: str | None) -> Location:
    bucket, _, prefix = rest.removeprefix("//").rstrip("/").partition("/")
    parts = tuple(prefix.split("/")) if prefix else ()
    if not rest.startswith("//") or not _BUCKET.fullmatch(bucket):
        raise ValueError(
            "an S3 store is s3://bucket or s3://bucket/prefix, its bucket 3 to 63 of a-z, 0-9, '-' and '.'"
        )
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError("the prefix of an S3 store has no empty, '.' or '..' part")
    root = f"{(endpoint or '').rstrip('/').lower()}/{bucket}"
    return Location(scheme="s3", root=root, parts=parts, url="/".join((f"s3://{bucket}", *parts)))


def check_endpoint(url: str) -> str:
    """`url` itself, or ValueError: an endpoint is `http(s)://host[:port]` and carries no secret."""
    split = urlsplit(url)
    if split.scheme not in ("http", "https") or not split.hostname or split.query or split.fragment:
        raise ValueError("an endpoint is https://host or http://host:port")
    return url.rstrip("/")


def is_aws(endpoint: str | None) -> bool:
    """Whether a store's endpoint is AWS itself, and not a gateway that speaks as it does."""
    host = (urlsplit(endpoint).hostname or "") if endpoint else "amazonaws.com"
    return host == "amazonaws.com" or host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def overlapping(places: Mapping[str, Location]) -> list[tuple[str, str]]:
    """Pairs of names whose places are one, or one inside the other; in the order of `places`."""
    names = list(places)
    return [
        (earlier, later)
        for number, later in enumerate(names)
        for earlier in names[:number]
        if places[earlier].holds(places[later]) or places[later].holds(places[earlier])
    ]


def inside(path: Path, place: Location) -> bool:
    """Whether a file of this machine lies inside `place`."""
    return place.scheme == "file" and place.holds(folder_location(path))
