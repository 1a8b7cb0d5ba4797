"""Whether the catalogue and the stores say the same: by listing, without reading a single copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from holdings.catalogue.findings import Finding, FindingKind
from holdings.catalogue.index import INDEX_NAME
from holdings.catalogue.interface import Catalogue
from holdings.catalogue.manifest import manifest_bytes
from holdings.catalogue.surveying import Survey, Surveys, survey_stores
from holdings.house import House
from holdings.records import MANIFEST_NAME, Copy, CopyStatus, Package, first_event_of

_CLAIMS = {CopyStatus.VERIFIED, CopyStatus.SUSPECT, CopyStatus.RECALLED}
"""A copy in one of these says that its objects are there."""
_GONE = {CopyStatus.RETIRED, None}


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueCheck:
    """What a check found."""

    findings: tuple[Finding, ...]
    packages: int
    copies: int
    stores: tuple[str, ...]
    """Those that were listed to the end."""

    @property
    def ok(self) -> bool:
        """Whether the catalogue and every store say the same."""
        return not self.findings


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ledger:
    """The catalogue at one moment."""

    packages: Mapping[str, Package]
    copies: Mapping[tuple[str, str], Copy]

    def status(self, package_id: str, store: str) -> CopyStatus | None:
        copy = self.copies.get((package_id, store))
        return copy.status if copy else None


def check_catalogue(house: House) -> CatalogueCheck:
    """Compare what the catalogue claims with what the stores list.

    Other commands may work meanwhile: a claim has to stand before the listing and after it,
    and what lies unrecorded has to be unrecorded after it. What a deposit has begun and not
    finished still shows as debris.
    """
    before = _ledger(house.catalogue)
    surveys = survey_stores(house.stores)
    after = _ledger(house.catalogue)
    findings = [
        *_unknown(surveys, before),
        *_claims(surveys, before, after),
        *_unclaimed(surveys, after),
        *_history(surveys, house.catalogue),
        *_indexes(house.catalogue, after.packages),
    ]
    return CatalogueCheck(
        findings=tuple(findings),
        packages=len(after.packages),
        copies=len(after.copies),
        stores=tuple(surveys.listed),
    )


def _ledger(catalogue: Catalogue) -> _Ledger:
    return _Ledger(
        packages={package.package_id: package for package in catalogue.packages()},
        copies={(copy.package_id, copy.store): copy for copy in catalogue.copies()},
    )


def _unknown(surveys: Surveys, ledger: _Ledger) -> Iterator[Finding]:
    for store, because in surveys.unknown.items():
        yield _finding(
            FindingKind.UNKNOWN_STORE,
            None,
            store,
            f"The store '{store}' could not be listed, so nothing is known of it: {because}",
        )
    named = {*surveys.listed, *surveys.unknown}
    for store in sorted({copy.store for copy in ledger.copies.values()} - named):
        yield _finding(
            FindingKind.UNKNOWN_STORE,
            None,
            store,
            f"The catalogue tells of copies in '{store}', and the settings name no such store.",
        )


def _claims(surveys: Surveys, before: _Ledger, after: _Ledger) -> Iterator[Finding]:
    for (package_id, store), copy in before.copies.items():
        survey = surveys.listed.get(store)
        if survey and copy.status in _CLAIMS and after.status(package_id, store) in _CLAIMS:
            yield from _claim(after.packages[package_id], store, survey)


def _claim(package: Package, store: str, survey: Survey) -> Iterator[Finding]:
    found = survey.packages.get(package.package_id, {})
    for key, size in expected_sizes(package).items():
        name = f"{package.prefix}{key}"
        if key not in found:
            yield _finding(
                FindingKind.MISSING_OBJECT,
                package.package_id,
                store,
                f"{name} is recorded in '{store}' and is not there.",
            )
        elif found[key] != size:
            yield _finding(
                FindingKind.WRONG_SIZE,
                package.package_id,
                store,
                f"{name} in '{store}' has {found[key]} bytes; recorded are {size}.",
            )


def expected_sizes(package: Package) -> dict[str, int]:
    """Bytes by key of everything that a whole copy of `package` consists of."""
    sizes = {item.key: item.size_bytes for item in package.objects}
    return sizes | {MANIFEST_NAME: len(manifest_bytes(package))}


def _unclaimed(surveys: Surveys, ledger: _Ledger) -> Iterator[Finding]:
    for store, survey in surveys.listed.items():
        for key in survey.strays:
            yield _finding(
                FindingKind.DEBRIS, None, store, f"{key} in '{store}' cannot belong to any package."
            )
        for package_id, found in survey.packages.items():
            yield from _objects(package_id, store, sorted(found), ledger)


def _objects(package_id: str, store: str, keys: Sequence[str], ledger: _Ledger) -> Iterator[Finding]:
    package = ledger.packages.get(package_id)
    claimed = ledger.status(package_id, store) not in _GONE
    if MANIFEST_NAME in keys and not claimed:
        yield _unrecorded(package_id, store, known=package is not None)
        return
    named = expected_sizes(package) if package and claimed else {}
    for key in keys:
        if key not in named:
            yield _finding(
                FindingKind.DEBRIS,
                package_id,
                store,
                f"packages/{package_id}/{key} in '{store}' is named by no manifest: a deposit or a move "
                "that did not finish, or one that is under way.",
            )


def _unrecorded(package_id: str, store: str, *, known: bool) -> Finding:
    kind = FindingKind.UNRECORDED_COPY if known else FindingKind.UNRECORDED_PACKAGE
    what = "a copy of the package" if known else "the package"
    sentence = f"The store '{store}' holds {what} {package_id}, and the catalogue does not know."
    return _finding(kind, package_id, store, sentence)


def _history(surveys: Surveys, catalogue: Catalogue) -> Iterator[Finding]:
    """A batch is recorded whole or not at all, and its key names its first event."""
    batches = {key: store for store, survey in surveys.listed.items() for key in survey.batches}
    if not batches:
        return
    known = {event.event_id for event in catalogue.events()}
    for key, store in sorted(batches.items()):
        if first_event_of(key) not in known:
            yield _finding(
                FindingKind.UNRECORDED_HISTORY,
                None,
                store,
                f"{key} in '{store}' holds history that the catalogue lacks.",
            )


def _indexes(catalogue: Catalogue, packages: Mapping[str, Package]) -> Iterator[Finding]:
    for package_id, package in packages.items():
        recorded = next((item for item in package.objects if item.key == INDEX_NAME), None)
        if recorded and not catalogue.images.holds(package_id, recorded.sha256):
            yield _finding(
                FindingKind.MISSING_INDEX,
                package_id,
                None,
                f"The image index of {package_id} is not beside the catalogue as it was recorded.",
            )


def _finding(kind: FindingKind, package_id: str | None, store: str | None, sentence: str) -> Finding:
    return Finding(kind=kind, package_id=package_id, store=store, sentence=sentence)
