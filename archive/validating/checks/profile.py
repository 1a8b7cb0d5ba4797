"""The bag against a BagIt profile, where one was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archive.validating.algorithms import MANIFEST_NAME, normalised
from archive.validating.interface import Finding, error, printable, warning
from archive.validating.opened import OpenedBag
from archive.validating.paths import OWN_FILES

if TYPE_CHECKING:
    from archive.validating.profiles import Profile, TagRule

_SPEC = "BagIt Profiles"
_SAME_TYPES = (
    frozenset({"application/tar", "application/x-tar"}),
    frozenset({"application/zip", "application/x-zip-compressed"}),
    frozenset({"application/gzip", "application/x-gzip", "application/tar+gzip", "application/x-gtar"}),
)
_TOLD = 100
_IDENTIFIER = "BagIt-Profile-Identifier"


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Every rule of the profile; nothing where there is none."""
    profile = bag.profile
    if profile is None:
        return
    for lack in profile.lacks():
        sentence = f"The profile itself does not say {lack}, as it must."
        yield warning("profile-lacks", f"{_SPEC}, {lack}", sentence)
    yield from _check_version(bag, profile)
    yield from _check_serialization(bag, profile)
    yield from _check_info(bag, profile)
    yield from _check_manifests(bag, profile)
    yield from _check_fetch(bag, profile)
    yield from _check_files(bag, profile)


def _broken(code: str, rule: str, sentence: str, path: str | None = None) -> Finding:
    return error(code, f"{_SPEC}, {rule}", sentence, path)


def _check_version(bag: OpenedBag, profile: Profile) -> Iterator[Finding]:
    accepted = profile.accept_version
    if accepted is not None and bag.version_text not in accepted:
        sentence = f"The bag's version is {bag.version_text}; the profile accepts {', '.join(accepted)}."
        yield _broken("profile-version", "Accept-BagIt-Version", sentence, "bagit.txt")


def _check_serialization(bag: OpenedBag, profile: Profile) -> Iterator[Finding]:
    kind = bag.source.media_type
    if (profile.serialization == "required" and kind is None) or (
        profile.serialization == "forbidden" and kind is not None
    ):
        sentence = (
            f"The bag is {'a folder' if kind is None else kind}; serialisation is {profile.serialization}."
        )
        yield _broken("profile-serialization", "Serialization", sentence)
    accepted = profile.accept_serialization
    if kind is not None and accepted is not None and profile.serialization != "forbidden":
        same = next((types for types in _SAME_TYPES if kind in types), {kind})
        if not same & set(accepted):
            sentence = f"The bag is {kind}; the profile accepts {', '.join(accepted)}."
            yield _broken("profile-serialization", "Accept-Serialization", sentence)


def _check_info(bag: OpenedBag, profile: Profile) -> Iterator[Finding]:
    values: dict[str, list[str]] = {}
    for label, value in bag.info:
        values.setdefault(label.lower(), []).append(value)
    for label, rule in profile.tag_rules.items():
        yield from _check_label(label, rule, values.get(label.lower(), []), bag.info_name)
    if profile.identity.identifier not in values.get(_IDENTIFIER.lower(), []):
        sentence = f"{bag.info_name} does not name the profile {printable(profile.identity.identifier)}."
        yield _broken("profile-identifier", _IDENTIFIER, sentence, bag.info_name)


def _check_label(label: str, rule: TagRule, values: Sequence[str], where: str) -> Iterator[Finding]:
    if rule.required and not values:
        yield _broken("profile-info-required", "Bag-Info", f"{label} is not in {where}.", where)
    elif rule.required and not any(values):
        yield _broken("profile-info-required", "Bag-Info", f"{label} in {where} is empty.", where)
    elif rule.recommended and not values:
        yield warning("profile-info-recommended", f"{_SPEC}, Bag-Info", f"{label} is not in {where}.", where)
    if not rule.repeatable and len(values) > 1:
        yield _broken(
            "profile-info-repeated", "Bag-Info", f"{label} is in {where} {len(values)} times.", where
        )
    for value in values:
        if rule.values and value not in rule.values:
            sentence = f"{label} is '{printable(value[:80])}'; allowed are {', '.join(rule.values)}."
            yield _broken("profile-info-value", "Bag-Info", sentence, where)


def _check_manifests(bag: OpenedBag, profile: Profile) -> Iterator[Finding]:
    payload = {manifest.algorithm for manifest in bag.payload_manifests}
    tags = {manifest.algorithm for manifest in bag.tag_manifests}
    yield from _check_kind("Manifests", payload, profile.manifests_required, profile.manifests_allowed)
    yield from _check_kind(
        "Tag-Manifests", tags, profile.tag_manifests_required, profile.tag_manifests_allowed
    )


def _check_kind(
    rule: str, there: set[str], required: Sequence[str], allowed: Sequence[str] | None
) -> Iterator[Finding]:
    for algorithm in sorted(set(map(normalised, required)) - there):
        yield _broken("profile-manifest-required", f"{rule}-Required", f"There is none for {algorithm}.")
    for algorithm in sorted(there - set(map(normalised, allowed)) if allowed is not None else ()):
        yield _broken("profile-manifest-allowed", f"{rule}-Allowed", f"{algorithm} is not allowed.")


def _check_fetch(bag: OpenedBag, profile: Profile) -> Iterator[Finding]:
    if bag.has_fetch and not profile.allow_fetch:
        yield _broken(
            "profile-fetch", "Allow-Fetch.txt", "There is a fetch.txt; it is not allowed.", "fetch.txt"
        )
    if profile.fetch_required and not bag.has_fetch:
        yield _broken(
            "profile-fetch", "Fetch.txt-Required", "There is no fetch.txt; it is required.", "fetch.txt"
        )


def _check_files(bag: OpenedBag, profile: Profile) -> Iterator[Finding]:
    payload, tags = bag.contents.payload, bag.contents.tags
    if profile.data_empty and (len(payload) > 1 or any(payload.sizes)):
        yield _broken("profile-data-empty", "Data-Empty", "The payload is not empty.", "data/")
    own = [path for path in tags.paths if path not in OWN_FILES and not MANIFEST_NAME.fullmatch(path)]
    yield from _check_required("Tag-Files", tags.places, profile.tag_files_required)
    yield from _check_allowed("Tag-Files", own, profile.tag_files_allowed)
    yield from _check_required("Payload-Files", payload.places, profile.payload_files_required)
    yield from _check_allowed("Payload-Files", payload.places, profile.payload_files_allowed)


def _check_required(rule: str, there: Iterable[str], required: Sequence[str]) -> Iterator[Finding]:
    for pattern in required:
        if pattern not in there and not any(fnmatchcase(path, pattern) for path in there):
            sentence = f"{pattern} is required and not there."
            yield _broken("profile-file-required", f"{rule}-Required", sentence, pattern)


def _check_allowed(rule: str, there: Iterable[str], allowed: Sequence[str] | None) -> Iterator[Finding]:
    if allowed is None:
        return
    others = [path for path in there if not any(fnmatchcase(path, pattern) for pattern in allowed)]
    for path in others[:_TOLD]:
        yield _broken("profile-file-allowed", f"{rule}-Allowed", f"{printable(path)} is not allowed.", path)
    if len(others) > _TOLD:
        yield _broken(
            "profile-file-allowed", f"{rule}-Allowed", f"And {len(others) - _TOLD} more are not allowed."
        )
