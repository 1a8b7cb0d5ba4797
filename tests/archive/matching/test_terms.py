from __future__ import annotations

import pytest

from archive.matching.terms import qualified_name, standard_name, synonym, term_uri


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("catalogNumber", "dwc:catalogNumber"),
        ("catalognumber", "dwc:catalogNumber"),
        ("CATALOG_NUMBER", "dwc:catalogNumber"),
        ("DWC:CatalogNumber", "dwc:catalogNumber"),
        ("http://rs.tdwg.org/dwc/terms/catalogNumber", "dwc:catalogNumber"),
        ("https://rs.tdwg.org/dwc/terms/CatalogNumber", "dwc:catalogNumber"),
        ("http://ns.adobe.com/xap/1.0/rights/Owner", "xmpRights:Owner"),
        ("http://ns.adobe.com/xap/1.0/CreateDate", "xmp:CreateDate"),
        ("accessuri", "ac:accessURI"),
        ("license", "dcterms:license"),
        ("http://purl.org/dc/elements/1.1/type", "dc:type"),
        ("countryCode", "dwc:countryCode"),
        ("exif:PixelXDimension", "exif:PixelXDimension"),
        ("ods:midsLevel", "ods:midsLevel"),
        ("Object type", None),
        ("unknown:thing", None),
        ("", None),
    ],
)
def test_standard_names(header: str, name: str | None) -> None:
    assert standard_name(header) == name


def test_uris_and_names_are_two_ways() -> None:
    for name in ("dwc:catalogNumber", "ac:accessURI", "xmpRights:Owner", "Iptc4xmpExt:CVterm", "ods:version"):
        uri = term_uri(name)
        assert uri is not None
        assert qualified_name(uri) == name
    assert qualified_name("http://ipt.gbif.org/terms/sourceID") == "http://ipt.gbif.org/terms/sourceID"
    assert term_uri("Object type") is None


def test_synonyms_never_say_what_could_be_two_things() -> None:
    assert synonym("Image URI") == "ac:accessURI"
    assert synonym("species") is synonym("latitude") is synonym("barcode") is None
