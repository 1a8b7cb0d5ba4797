"""Under which licences the images of a bag may be used, as far as the matched records say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from archive.describing.interface import Contents, Matched
from archive.describing.uris import fragment_uri, is_web_uri
from archive.identifying.interface import FoundImage

_TERMS = ("dcterms:license", "xmpRights:WebStatement")
"""The first that a record has is its licence."""
_CREATIVE_COMMONS = re.compile(
    r"https?://creativecommons\.org/(?:licenses/(?P<kind>[a-z-]+)|publicdomain/(?P<zero>zero))/(?P<version>[0-9.]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Licences:
    """The licences of one bag."""

    images: int
    stated: Counter[str]
    """How many images have each, in the order of their first image."""

    @classmethod
    def of(cls, contents: Contents, images: Iterable[FoundImage]) -> Self:
        """What the records of a bag's images say."""
        found = [contents.matched.get(image.file.path) for image in images]
        texts = (_stated(matched) for matched in found if matched is not None)
        return cls(images=len(found), stated=Counter(text for text in texts if text))

    def uri(self, matched: Matched) -> str | None:
        """The licence of one image; None where its record states none."""
        text = _stated(matched)
        return text and _uri(text)

    def of_all(self) -> object:
        """What may be said of the whole bag: never more than is said of every image in it."""
        silent = self.images - self.stated.total()
        if not self.stated:
            return "None is stated. Ask the collection before you use anything."
        if silent:
            return (
                f"Stated by file. {silent} of {self.images} images state none: ask the collection before "
                "you use them."
            )
        uris = [{"@id": uri} for uri in dict.fromkeys(map(_uri, self.stated))]
        return uris[0] if len(uris) == 1 else uris

    def entities(self) -> Iterator[Mapping[str, object]]:
        """Each licence, described."""
        for text, images in self.stated.items():
            yield {
                "@id": _uri(text),
                "@type": "CreativeWork",
                "name": _name(text),
                "description": f"As the records state it for {images} of {self.images} images.",
            }


def _stated(matched: Matched) -> str | None:
    return next((matched.terms[term] for term in _TERMS if term in matched.terms), None)


def _uri(text: str) -> str:
    return text if is_web_uri(text) else fragment_uri("licence", text)


def _name(text: str) -> str:
    known = _CREATIVE_COMMONS.match(text)
    if known is None:
        return text
    return f"CC {known['kind'].upper()} {known['version']}" if known["kind"] else f"CC0 {known['version']}"
