"""What the stores can still tell: packages from their manifests, history from the journals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

from holdings.catalogue.checking import expected_sizes
from holdings.catalogue.findings import Finding, FindingKind
from holdings.catalogue.index import INDEX_NAME
from holdings.catalogue.keeping import KeepsIndexes
from holdings.catalogue.manifest import MANIFEST_MAX_BYTES, read_manifest
from holdings.catalogue.surveying import Surveys
from holdings.errors import BadInput, Corrupt, NotFound
from holdings.ledger import copy_after, event_from_json, latest_verifications
from holdings.records import (
    MANIFEST_NAME,
    Copy,
    CopyStatus,
    Event,
    EventType,
    Outcome,
    Package,
    package_prefix,
    sha256_hex,
)
from holdings.stores.interface import Reads

JOURNAL_MAX_BYTES = 2**30
_UNKNOWN_MAKER = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifests:
    """The packages of all stores."""

    packages: Mapping[str, Package]
    agreeing: frozenset[tuple[str, str]]
    """Package and store, where the store's manifest says what is in `packages`."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The journals of all stores, united."""

    events: tuple[Event, ...]
    findings: tuple[Finding, ...]


def collect_history(stores: Mapping[str, Reads], surveys: Surveys, pool: Executor) -> History:
    """Every event that any journal tells of, once, oldest first."""
    holders: dict[str, list[Reads]] = {}
    for name, survey in surveys.listed.items():
        for key in survey.batches:
            holders.setdefault(key, []).append(stores[name])
    events: dict[str, Event] = {}
    findings: list[Finding] = []
    for found in pool.map(_batch, holders, holders.values()):
        if isinstance(found, Finding):
            findings.append(found)
        else:
            events.update((event.event_id, event) for event in found)
    return History(events=tuple(events[key] for key in sorted(events)), findings=tuple(findings))


def _batch(key: str, holders: list[Reads]) -> list[Event] | Finding:
    """A batch lies in several stores: the first that gives it whole suffices."""
    because = ""
    for store in holders:
        origin = f"{key} in '{store.name}'"
        try:
            data = read_bounded(store, key, JOURNAL_MAX_BYTES).decode()
            return [event_from_json(line, origin=origin) for line in data.splitlines()]
        except (BadInput, Corrupt, NotFound) as error:
            because = error.sentence
        except UnicodeDecodeError:
            because = f"{origin} is not UTF-8 text."
    return Finding(
        kind=FindingKind.UNREADABLE,
        package_id=None,
        store=holders[-1].name,
        sentence=f"A part of the history cannot be read: {because}",
    )


def collect_manifests(
    stores: Mapping[str, Reads], surveys: Surveys, trusted: Iterable[tuple[str, str]], pool: Executor
) -> Manifests:
    """Every package that has a manifest that can be read.

    trusted : packages and stores whose last reading was good; where manifests differ, theirs stand.
    """
    good = set(trusted)
    pairs = [
        (package_id, name) for package_id in surveys.package_ids() for name in surveys.stores_with(package_id)
    ]
    read = dict(zip(pairs, pool.map(partial(_manifest, stores), pairs), strict=True))
    packages: dict[str, Package] = {}
    for pair in sorted(pairs, key=lambda pair: pair not in good):  # stable: otherwise in the stores' order
        if isinstance(found := read[pair], Package):
            packages.setdefault(pair[0], found)
    findings = [found for found in read.values() if isinstance(found, Finding)]
    agreeing = {pair for pair in pairs if read[pair] == packages.get(pair[0])}
    findings += [
        _differs(*pair) for pair in pairs if isinstance(read[pair], Package) and pair not in agreeing
    ]
    return Manifests(
        packages=dict(sorted(packages.items())), agreeing=frozenset(agreeing), findings=tuple(findings)
    )


def _manifest(stores: Mapping[str, Reads], pair: tuple[str, str]) -> Package | Finding:
    package_id, name = pair
    key = package_prefix(package_id) + MANIFEST_NAME
    origin = f"{key} in '{name}'"
    try:
        return read_manifest(
            read_bounded(stores[name], key, MANIFEST_MAX_BYTES), origin=origin, package_id=package_id
        )
    except (BadInput, Corrupt, NotFound) as error:
        return Finding(
            kind=FindingKind.UNREADABLE, package_id=package_id, store=name, sentence=error.sentence
        )


def _differs(package_id: str, store: str) -> Finding:
    sentence = f"The manifest of {package_id} in '{store}' is not that of the other copies."
    return Finding(kind=FindingKind.UNREADABLE, package_id=package_id, store=store, sentence=sentence)


def read_bounded(store: Reads, key: str, most_bytes: int) -> bytes:
    """All of a small object. Raises BadInput where it is larger than such objects are."""
    data = bytearray()
    for chunk in store.get(key):
        data += chunk
        if len(data) > most_bytes:
            raise BadInput(
                f"{key} in '{store.name}' has more than the {most_bytes} bytes that such an object takes."
            )
    return bytes(data)


def collect_copies(surveys: Surveys, manifests: Manifests, events: Sequence[Event]) -> list[Copy]:
    """What is known of every copy: the last reading, and whether the listing still bears it out.

    Unknown is never good: a copy that no journal tells a reading of is suspect until it is
    read; so is one in a store that could not be listed. One that a reading tells of and whose
    objects are not listed is missing.
    """
    readings = latest_verifications(events)
    removed = _removed(events)
    listed = {
        (package_id, store) for package_id in manifests.packages for store in surveys.stores_with(package_id)
    }
    pairs = sorted(pair for pair in listed | set(readings) if pair[0] in manifests.packages)
    return [_copy(pair, surveys, manifests, readings.get(pair), pair in removed) for pair in pairs]


_REMOVALS = {EventType.RETIREMENT, EventType.DELETION}
"""A removal that was begun and not finished may have left every byte; what is left is not believed."""


def _removed(events: Iterable[Event]) -> set[tuple[str, str]]:
    """Copies whose removal is the last thing that is told of them."""
    told: dict[tuple[str, str], bool] = {}
    for event in sorted(events, key=lambda event: event.event_id):
        if event.store is not None and event.outcome is Outcome.SUCCESS:
            told[event.package_id, event.store] = event.event_type in _REMOVALS
    return {pair for pair, is_removed in told.items() if is_removed}


def _copy(
    pair: tuple[str, str], surveys: Surveys, manifests: Manifests, reading: Event | None, removed: bool
) -> Copy:
    package_id, store = pair
    told = copy_after(reading) if reading else _never_read(package_id, store)
    survey = surveys.listed.get(store)
    if survey is None:
        return replace(told, status=CopyStatus.RETIRED if removed else CopyStatus.SUSPECT)
    found, wanted = survey.packages.get(package_id, {}), expected_sizes(manifests.packages[package_id])
    if removed and MANIFEST_NAME not in found:
        return replace(told, status=CopyStatus.RETIRED)
    if not wanted.keys() <= found.keys():
        return replace(told, status=CopyStatus.MISSING)
    sizes_agree = all(found[key] == size for key, size in wanted.items())
    if told.status is CopyStatus.VERIFIED and sizes_agree and pair in manifests.agreeing and not removed:
        return told
    return replace(told, status=CopyStatus.SUSPECT)


def _never_read(package_id: str, store: str) -> Copy:
    return Copy(
        package_id=package_id,
        store=store,
        status=CopyStatus.SUSPECT,
        verified_at=None,
        made_by=_UNKNOWN_MAKER,
    )


def lost_packages(manifests: Manifests, events: Sequence[Event]) -> Iterator[Finding]:
    """Packages that the journals tell of, not all removed on purpose, and without a manifest anywhere."""
    told = latest_verifications(events).keys() - _removed(events)
    for package_id in sorted({pair[0] for pair in told} - manifests.packages.keys()):
        yield Finding(
            kind=FindingKind.LOST_PACKAGE,
            package_id=package_id,
            store=None,
            sentence=f"The journals tell of {package_id}, and no store that was listed has its manifest.",
        )


def restore_index(
    index: KeepsIndexes, stores: Mapping[str, Reads], package: Package, names: Iterable[str]
) -> Finding | None:
    """Put the image index of a package into `index` as it was recorded; a Finding where no store has it so.

    names : the stores to ask, in their order.
    """
    recorded = next((item for item in package.objects if item.key == INDEX_NAME), None)
    if recorded is None or index.holds(package.package_id, recorded.sha256):
        return None
    for name in names:
        try:
            data = read_bounded(stores[name], package.prefix + INDEX_NAME, recorded.size_bytes)
        except (BadInput, Corrupt, NotFound):
            continue
        if sha256_hex(data) == recorded.sha256:
            index.add(package.package_id, data)
            return None
    return Finding(
        kind=FindingKind.MISSING_INDEX,
        package_id=package.package_id,
        store=None,
        sentence=f"The image index of {package.package_id} is in no store as it was recorded.",
    )
