"""Reading `holdfast.toml`: text at the door, frozen values behind it, every error at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from holdings.errors import BadInput
from holdings.settings.databases import database_problems
from holdings.settings.door import BagsTable, CatalogueTable, File, LimitsTable, StoreTable
from holdings.settings.model import (
    BagSettings,
    CatalogueSettings,
    Limits,
    MatchingSettings,
    Settings,
    StoreSettings,
    WithdrawalSettings,
)
from holdings.settings.places import locate
from holdings.settings.problems import Parsed, Problem, parse_toml, problems_of, secrets_in
from holdings.settings.rules import check_rules

SETTINGS_NAME = "holdfast.toml"
SETTINGS_VARIABLE = "HOLDFAST_SETTINGS"
_INIT_HINT = "holdfast init writes one."


def find_settings(start: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> Path:
    """The settings file that a command uses.

    start : a file, or a folder that holds a `holdfast.toml`; None looks at $HOLDFAST_SETTINGS,
        then for a `holdfast.toml` in the working folder and upwards.

    Raises BadInput where there is none.
    """
    named = start or environment.get(SETTINGS_VARIABLE)
    if named:
        path = Path(named).absolute()
        return path / SETTINGS_NAME if path.is_dir() else path
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_NAME).is_file():
            return folder / SETTINGS_NAME
    raise BadInput(f"There is no {SETTINGS_NAME} in {here} or above it.", hint=_INIT_HINT)


def read_settings(path: Path) -> Settings:
    """The settings in the file `path`. Raises BadInput naming every error with its line and key."""
    path = path.absolute()
    parsed = parse_toml(path, missing_hint=_INIT_HINT)
    secrets = [*database_problems(parsed.data), *secrets_in(parsed.data)]
    file, misshapen = _shape(parsed)
    parsed.refuse(
        [*secrets, *misshapen, *check_rules(parsed.data, path.parent)],
        hint="Secrets come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; PGPASSWORD), "
        "from `profile`, or from files of their own (PGPASSFILE, PGSERVICEFILE)."
        if secrets
        else None,
    )
    assert file is not None, "a file without a shape has problems"
    return _settings(file, path)


def _shape(parsed: Parsed) -> tuple[File | None, list[Problem]]:
    try:
        return File.model_validate(parsed.data), []
    except ValidationError as error:
        return None, problems_of(error, File)


def _settings(file: File, path: Path) -> Settings:
    folder = path.parent
    return Settings(
        path=path,
        stores={name: _store(name, table, folder) for name, table in file.stores.items()},
        catalogue=_catalogue(file.catalogue, folder),
        bags=_bags(file.bags),
        policy=folder / file.policy,
        price_sheets={name: folder / sheet for name, sheet in file.prices.items()},
        limits=_limits(file.limits),
        withdrawals=WithdrawalSettings(hold_seconds=file.withdrawals.hold),
        matching=MatchingSettings(pattern=file.matching.pattern),
    )


def _store(name: str, table: StoreTable, folder: Path) -> StoreSettings:
    given = table.model_dump() | {"url": locate(table.url, folder=folder, name=name).url}
    return StoreSettings(name=name, **given)


def _catalogue(table: CatalogueTable, folder: Path) -> CatalogueSettings:
    path = table.path if table.url is None else f"{table.folder}/{Path(CatalogueTable().path).name}"
    return CatalogueSettings(
        path=folder / path, url=table.url, schema_name=table.schema_name, wait_seconds=table.wait
    )


def _bags(table: BagsTable) -> BagSettings:
    return BagSettings(
        store=table.store,
        algorithms=tuple(dict.fromkeys(table.algorithms)),
        bag_bytes=table.bag_bytes,
        bag_files=table.bag_files,
        source_organization=table.source_organization,
    )


def _limits(table: LimitsTable) -> Limits:
    return Limits(threads=table.threads or min(8, os.cpu_count() or 1), transfer_bytes=table.transfer)
