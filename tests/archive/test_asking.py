"""What people type means what they think, or is refused in one sentence."""

from __future__ import annotations

import pytest

from archive.asking import Asked, date_span, image_query, size_span
from holdings.catalogue.index_query import Span
from holdings.errors import BadInput


@pytest.mark.parametrize(
    ("text", "span"),
    [
        (">10MB", Span(at_least=10_000_001)),
        (">= 10 MB", Span(at_least=10_000_000)),
        ("<1kB", Span(below=1000)),
        ("<=1kB", Span(below=1001)),
        ("1MB..2MB", Span(at_least=1_000_000, below=2_000_001)),
        ("..300", Span(below=301)),
        ("1KiB..", Span(at_least=1024)),
        ("300", Span(at_least=300, below=301)),
    ],
)
def test_sizes(text: str, span: Span[int]) -> None:
    assert size_span(text) == span


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("2024", ["2024-01-01", "2024-12-31T23:59:59", "2024"], ["2023-12-31", "2025", "2025-01-01"]),
        ("2024-05..2024-06-02", ["2024-05-01", "2024-06-02T09:00"], ["2024-04-30T23:59", "2024-06-03"]),
        (">2024", ["2025-01-01", "2025"], ["2024-12-31T23:59"]),
        ("<=2024-05", ["2024-05-31T10:00", "1999"], ["2024-06-01"]),
        ("..2019", ["2019-12-31", "1888"], ["2020"]),
    ],
)
def test_days(text: str, inside: list[str], outside: list[str]) -> None:
    span = date_span(text)

    def is_in(moment: str) -> bool:
        return (span.at_least is None or moment >= span.at_least) and (
            span.below is None or moment < span.below
        )

    assert [is_in(moment) for moment in inside] == [True] * len(inside)
    assert [is_in(moment) for moment in outside] == [False] * len(outside)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("country", "dwc:country"),
        ("countrycode", "dwc:countryCode"),
        ("CATALOGNUMBER", "dwc:catalogNumber"),
        ("dwc:country", "dwc:country"),
        ("http://rs.tdwg.org/dwc/terms/country", "dwc:country"),
        ("photographer", "dcterms:creator"),
        ("our own column", "our own column"),
    ],
)
def test_any_spelling_of_a_term(typed: str, name: str) -> None:
    assert image_query(Asked(terms=[f"{typed} = a=b "])).terms == ((name, "a=b"),)


def test_formats() -> None:
    query = image_query(Asked(formats=["TIFF", "image/png", "fmt/353", "x-fmt/392", "dng"]))
    assert query.puids == ("fmt/353", "x-fmt/392")
    assert query.media_types == ("image/tiff", "image/png", "image/x-adobe-dng", "image/dng")


@pytest.mark.parametrize(
    "asked",
    [
        Asked(size="big"),
        Asked(size=".."),
        Asked(size="> 1 mb"),
        Asked(captured="May"),
        Asked(captured="2024-13"),
        Asked(captured="2024-02-30"),
        Asked(terms=["country"]),
        Asked(terms=["=x"]),
        Asked(formats=["../x"]),
        Asked(collection="No Collection"),
        Asked(limit=-1),
    ],
)
def test_what_cannot_be_meant(asked: Asked) -> None:
    with pytest.raises(BadInput):
        image_query(asked)
