"""The notebook that passes from check to check: what is known of a bag so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive.validating.interface import BagSource, Contents
from archive.validating.manifests import Manifest
from holdings.observing import Observer, nobody

if TYPE_CHECKING:
    from archive.validating.profiles import Profile

Version = tuple[int, int]
V1_0: Version = (1, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchLine:
    """One line of fetch.txt."""

    url: str
    size_bytes: int | None
    """None where it says `-`: unknown."""
    path: str


@dataclass(kw_only=True, slots=True)
class OpenedBag:
    """A bag under examination. Each check may write down what those after it rely on."""

    source: BagSource
    contents: Contents
    profile: Profile | None = None
    structure_only: bool = False
    threads: int = 2
    observer: Observer = nobody

    version_text: str | None = None
    """Written by `declaration`, as are the next two."""
    version: Version = V1_0
    """An unreadable or unknown version is held to the rules of 1.0."""
    encoding: str = "UTF-8"
    """Usable: an unknown one was told by `encoding` and replaced."""
    payload_manifests: list[Manifest] = field(default_factory=list)
    """Written by `manifests_syntax`, as are the next."""
    tag_manifests: list[Manifest] = field(default_factory=list)
    info: list[tuple[str, str]] = field(default_factory=list)
    """Label and value in their order; written by `bag_info`."""
    has_info: bool = False
    fetch: list[FetchLine] = field(default_factory=list)
    """Written by `fetch`."""
    has_fetch: bool = False

    @property
    def is_1_0(self) -> bool:
        """Whether the stricter rules of RFC 8493 hold, and not those of the drafts before it."""
        return self.version >= V1_0

    @property
    def info_name(self) -> str:
        """The file of the metadata: it had another name up to 0.95."""
        return "package-info.txt" if self.version <= (0, 95) else "bag-info.txt"
