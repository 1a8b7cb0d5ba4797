"""The terms that specimens and their pictures are described by: namespaces and standard names.

Darwin Core (rs.tdwg.org/dwc, with the Dublin Core terms it takes over), Audiovisual Core
(ac.tdwg.org/termlist: ac, exif, xmp, xmpRights, Iptc4xmpExt, photoshop), openDS (terms.dissco.tech).
"""

from __future__ import annotations

import re
import unicodedata

NAMESPACES = {
    "dwc": "http://rs.tdwg.org/dwc/terms/",
    "dwciri": "http://rs.tdwg.org/dwc/iri/",
    "dcterms": "http://purl.org/dc/terms/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "ac": "http://rs.tdwg.org/ac/terms/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "ods": "https://terms.dissco.tech/",
    "gbif": "http://rs.gbif.org/terms/1.0/",
}
"""Prefix to the beginning of its terms' URIs."""

_LOCAL_NAMES = {
    "dwc": """
        acceptedNameUsage acceptedNameUsageID acceptedScientificName associatedMedia associatedOccurrences
        associatedOrganisms associatedReferences associatedSequences associatedTaxa basisOfRecord bed behavior
        caste catalogNumber class collectionCode collectionID continent coordinatePrecision
        coordinateUncertaintyInMeters country countryCode county cultivarEpithet dataGeneralizations datasetID
        datasetName dateIdentified day decimalLatitude decimalLongitude degreeOfEstablishment disposition
        dynamicProperties earliestAgeOrLowestStage earliestEonOrLowestEonothem earliestEpochOrLowestSeries
        earliestEraOrLowestErathem earliestGeochronologicalEra earliestPeriodOrLowestSystem endDayOfYear
        establishmentMeans eventDate eventID eventRemarks eventTime eventType family fieldNotes fieldNumber
        footprintSpatialFit footprintSRS footprintWKT formation genericName genus geodeticDatum
        geologicalContextID georeferencedBy georeferencedDate georeferenceProtocol georeferenceRemarks
        georeferenceSources georeferenceVerificationStatus group habitat higherClassification higherGeography
        higherGeographyID highestBiostratigraphicZone identificationID identificationQualifier
        identificationReferences identificationRemarks identificationVerificationStatus identifiedBy
        identifiedByID individualCount informationWithheld infragenericEpithet infraspecificEpithet
        institutionCode institutionID island islandGroup kingdom latestAgeOrHighestStage
        latestEonOrHighestEonothem latestEpochOrHighestSeries latestEraOrHighestErathem
        latestPeriodOrHighestSystem lifeStage lithostratigraphicTerms locality locationAccordingTo locationID
        locationRemarks lowestBiostratigraphicZone materialEntityID materialEntityRemarks materialSampleID
        maximumDepthInMeters maximumDistanceAboveSurfaceInMeters maximumElevationInMeters
        measurementAccuracy measurementDeterminedBy measurementDeterminedDate measurementID
        measurementMethod measurementRemarks measurementType measurementUnit measurementValue member
        minimumDepthInMeters minimumDistanceAboveSurfaceInMeters minimumElevationInMeters month municipality
        nameAccordingTo nameAccordingToID namePublishedIn namePublishedInID namePublishedInYear
        nomenclaturalCode nomenclaturalStatus objectQuantity objectQuantityType occurrenceID
        occurrenceRemarks occurrenceStatus order organismID organismName organismQuantity
        organismQuantityType organismRemarks organismScope originalNameUsage originalNameUsageID
        otherCatalogNumbers ownerInstitutionCode parentEventID parentMeasurementID parentNameUsage
        parentNameUsageID pathway phylum pointRadiusSpatialFit preparations previousIdentifications
        projectID projectTitle recordedBy recordedByID recordNumber relatedResourceID
        relationshipAccordingTo relationshipEstablishedDate relationshipOfResource relationshipRemarks
        reproductiveCondition resourceID resourceRelationshipID sampleSizeUnit sampleSizeValue
        samplingEffort samplingProtocol scientificName scientificNameAuthorship scientificNameID sex
        specificEpithet startDayOfYear stateProvince subfamily subgenus subtribe superfamily taxonConceptID
        taxonID taxonomicStatus taxonRank taxonRemarks tribe typeStatus verbatimCoordinates
        verbatimCoordinateSystem verbatimDepth verbatimElevation verbatimEventDate verbatimIdentification
        verbatimLabel verbatimLatitude verbatimLocality verbatimLongitude verbatimSRS verbatimTaxonRank
        verticalDatum vernacularName vitality waterBody year""",
    "dcterms": """
        abstract accessRights accrualMethod accrualPeriodicity accrualPolicy alternative audience available
        bibliographicCitation conformsTo contributor coverage created creator date dateAccepted
        dateCopyrighted dateSubmitted description educationLevel extent format hasFormat hasPart hasVersion
        identifier instructionalMethod isFormatOf isPartOf isReferencedBy isReplacedBy isRequiredBy issued
        isVersionOf language license mediator medium modified provenance publisher references relation
        replaces requires rights rightsHolder source spatial subject tableOfContents temporal title type
        valid""",
    "ac": """
        accessURI associatedObservationReference associatedSpecimenReference attributionLinkURL
        attributionLogoURL caption captureDevice clipsof commenter commenterLiteral comments
        derivedFrom digitizationDate dynamicRange endTime fundingAttribution furtherInformationURL
        hasROI hasServiceAccessPoint hashFunction hashValue heightFrac IDofContainingCollection isROIOf
        licenseLogoURL licensingException mediaDuration mediaSpeed metadataCreator metadataCreatorLiteral
        metadataLanguage metadataLanguageLiteral metadataProvider metadataProviderLiteral otherScientificName
        physicalSetting providedBy providerID providerLiteral providerManagedID radius relatedResourceID
        resourceCreationTechnique reviewer reviewerComments reviewerLiteral serviceExpectation startTime
        subjectCategoryVocabulary subjectOrientation subjectOrientationLiteral subjectPart
        subjectPartLiteral substrate subtype subtypeLiteral tag taxonCount taxonCoverage timeOfDay variant
        variantDescription variantLiteral widthFrac xFrac yFrac""",
    "exif": "PixelXDimension PixelYDimension DateTimeOriginal",
    "xmp": "CreateDate CreatorTool MetadataDate ModifyDate Rating",
    "xmpRights": "Certificate Marked Owner UsageTerms WebStatement",
    "Iptc4xmpExt": """
        City CountryCode CountryName CVterm LocationCreated LocationShown ProvinceState Sublocation
        WorldRegion""",
    "photoshop": "Credit",
}

_SYNONYMS = {
    "dwc:catalogNumber": "catalogue number, catalogue no, catalog no, cat no, catalog num",
    "dwc:otherCatalogNumbers": "other catalogue numbers, other catalog number, other catalogue number",
    "dwc:recordedBy": "collector, collectors, collected by",
    "dwc:recordNumber": "collector number, collectors number",
    "dwc:identifiedBy": "determined by, determiner",
    "dwc:eventDate": "collection date, date collected, collecting date",
    "dwc:recordedByID": "collector id",
    "dcterms:license": "licence, image license, image licence, media license, media licence",
    "dcterms:rightsHolder": "copyright holder, image rights holder",
    "dcterms:creator": "photographer",
    "dcterms:format": "mime type, media type",
    "ac:accessURI": "access URL, image URI, image URL, image link, media URI, media URL, photo URL",
}
"""Headers that people write and that can mean one thing only, without regard to case, spaces and signs.
Not here, because they could mean two: "species" (name or epithet), "latitude" (decimal or not),
"institution", "date", "number", "barcode" (a catalogue number in one house, not in the next)."""

FILE_NAME_HEADERS = frozenset(
    {
        "filename",
        "file",
        "imagefile",
        "imagefilename",
        "originalfilename",
        "imagename",
        "filepath",
        "imagepath",
    }
)
"""Columns that name the image's file; no standard has a term for it. As `squeezed` writes them."""
BARCODE_HEADERS = frozenset({"barcode", "barcodes", "specimenbarcode", "barcodenumber"})


def squeezed(header: str) -> str:
    """Only the letters and digits, in lower case: how headers are compared."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header)).casefold()


_CANONICAL = {
    f"{prefix.casefold()}:{local.casefold()}": f"{prefix}:{local}"
    for prefix, names in _LOCAL_NAMES.items()
    for local in names.split()
}
_PREFIXES = {prefix.casefold(): prefix for prefix in NAMESPACES}
_BY_LOCAL_NAME: dict[str, str] = {}
for _qualified in _CANONICAL.values():
    # In the order of `_LOCAL_NAMES`: countryCode alone is Darwin Core's, not IPTC's.
    _BY_LOCAL_NAME.setdefault(squeezed(_qualified.partition(":")[2]), _qualified)
_BY_SYNONYM = {
    squeezed(header): qualified for qualified, headers in _SYNONYMS.items() for header in headers.split(",")
}


def standard_name(header: str) -> str | None:
    """The qualified name that a header says: a URI, a qualified name, or a local name in any spelling."""
    return _from_uri(header) or _from_prefix(header) or _BY_LOCAL_NAME.get(squeezed(header))


def synonym(header: str) -> str | None:
    """The standard term that a header of everyday words can only mean, or None."""
    return _BY_SYNONYM.get(squeezed(header))


def qualified_name(uri: str) -> str:
    """A term's qualified name; a term of an unknown namespace keeps its URI."""
    return _from_uri(uri) or _from_prefix(uri) or uri


def term_uri(qualified: str) -> str | None:
    """The URI of a qualified name, or None where its prefix is not known."""
    prefix, colon, local = qualified.partition(":")
    return NAMESPACES[prefix] + local if colon and prefix in NAMESPACES else None


def _from_uri(text: str) -> str | None:
    secure = text.replace("https://", "http://", 1)
    matching = [
        (len(base), prefix)
        for prefix, base in NAMESPACES.items()
        if secure.startswith(base.replace("https://", "http://"))
    ]
    if not matching:
        return None
    length, prefix = max(matching)
    # The length of what was cut off is that of the plain form, whichever was written.
    local = secure[length - NAMESPACES[prefix].startswith("https://") :]
    return _canonical(prefix, local) if local else None


def _from_prefix(text: str) -> str | None:
    prefix, colon, local = text.partition(":")
    known = _PREFIXES.get(prefix.strip().casefold())
    return _canonical(known, local.strip()) if colon and known and local.strip() else None


def _canonical(prefix: str, local: str) -> str:
    """Old Darwin Core wrote ScientificName; names that nobody lists are kept as they are."""
    return _CANONICAL.get(f"{prefix}:{local}".casefold(), f"{prefix}:{local}")
