"""What lies in the stores, by listing them once: nothing is read, nothing is believed."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from holdings.errors import BadInput, Unavailable
from holdings.records import JOURNAL_PREFIX, MANIFEST_NAME, PACKAGES_PREFIX, check_package_id
from holdings.stores.interface import Lists


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """One store, as it was listed."""

    packages: Mapping[str, Mapping[str, int]]
    """Bytes by key within the package, by package."""
    strays: tuple[str, ...]
    """Keys under `packages/` that cannot belong to any package."""
    batches: tuple[str, ...]
    """Keys of the journal."""

    def has_manifest(self, package_id: str) -> bool:
        """Whether the package exists here: its manifest was written, last."""
        return MANIFEST_NAME in self.packages.get(package_id, {})


@dataclass(frozen=True, kw_only=True, slots=True)
class Surveys:
    """All stores."""

    listed: Mapping[str, Survey]
    unknown: Mapping[str, str]
    """Why, by store, for those that could not be listed: nothing is known of them, nothing is lost."""

    def package_ids(self) -> list[str]:
        """Every package that has a manifest somewhere, in order."""
        return sorted(
            {
                package_id
                for survey in self.listed.values()
                for package_id in survey.packages
                if survey.has_manifest(package_id)
            }
        )

    def stores_with(self, package_id: str) -> list[str]:
        """The stores that have the package's manifest, in their order."""
        return [name for name, survey in self.listed.items() if survey.has_manifest(package_id)]


def survey_stores(stores: Mapping[str, Lists]) -> Surveys:
    """List all of `stores`, at the same time."""
    with ThreadPoolExecutor(max_workers=max(1, len(stores)), thread_name_prefix="survey") as pool:
        found = dict(zip(stores, pool.map(_survey_or_reason, stores.values()), strict=True))
    return Surveys(
        listed={name: item for name, item in found.items() if isinstance(item, Survey)},
        unknown={name: item for name, item in found.items() if isinstance(item, str)},
    )


def _survey_or_reason(store: Lists) -> Survey | str:
    try:
        return survey(store)
    except Unavailable as error:
        return error.sentence


def survey(store: Lists) -> Survey:
    """List one store. Raises Unavailable where that does not succeed to the end."""
    packages: dict[str, dict[str, int]] = {}
    strays: list[str] = []
    for info in store.list(PACKAGES_PREFIX):
        package_id, slash, key = info.key.removeprefix(PACKAGES_PREFIX).partition("/")
        if slash and _is_package_id(package_id):
            packages.setdefault(package_id, {})[key] = info.size_bytes
        else:
            strays.append(info.key)
    batches = tuple(info.key for info in store.list(JOURNAL_PREFIX))
    return Survey(packages=packages, strays=tuple(strays), batches=batches)


def _is_package_id(text: str) -> bool:
    try:
        check_package_id(text)
    except BadInput:
        return False
    return True
