"""What `holdfast.toml` may hold, as text: pydantic models that know no more than one key each."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from holdings.settings.places import check_endpoint
from holdings.settings.quantities import parse_duration, parse_size

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STORE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_SCHEMA_NAME = re.compile(r"(?!pg_|public$|information_schema$)[a-z][a-z0-9_]{0,29}")
_TEXT = re.compile(r"[^\x00-\x1f]{1,4096}")


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("a word takes 1 to 64 letters, digits, '.', '_' and '-', and begins with no sign")
    return text


def _store_name(text: str) -> str:
    if not _STORE_NAME.fullmatch(text):
        raise ValueError("a store's name takes 1 to 64 of a-z, 0-9, '-' and '_', no sign first or last")
    return text


def _schema_name(text: str) -> str:
    if not _SCHEMA_NAME.fullmatch(text):
        raise ValueError(
            "a schema of our own takes 1 to 30 of a-z, 0-9 and '_', begins with a letter and is not public"
        )
    return text


def _text(text: str) -> str:
    if not _TEXT.fullmatch(text):
        raise ValueError("a text takes 1 to 4,096 characters of one line")
    return text


def _line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("a name takes letters and signs of one line, no space first or last")
    return _text(text)


Word = Annotated[str, AfterValidator(_word)]
StoreName = Annotated[str, AfterValidator(_store_name)]
Text = Annotated[str, AfterValidator(_text)]
Line = Annotated[str, AfterValidator(_line)]
Size = Annotated[int, BeforeValidator(parse_size), Field(ge=1)]
Duration = Annotated[float, BeforeValidator(parse_duration), Field(le=86400)]
LongDuration = Annotated[float, BeforeValidator(parse_duration), Field(le=100 * 366 * 86400)]
Endpoint = Annotated[str, AfterValidator(check_endpoint)]


class Door(BaseModel):
    """A table of a file: what it does not name is refused, and nothing is bent into shape."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoreTable(Door):
    """`[stores.NAME]`."""

    url: Text
    tier: Word
    domain: Word
    price_sheet: Text
    keeps_journal: bool = True
    endpoint: Endpoint | None = None
    region: Word | None = None
    profile: Text | None = None
    requests_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    bytes_per_second: Size | None = None
    read_only: bool = False
    object_lock: bool = False


class CatalogueTable(Door):
    """`[catalogue]`; `url` is looked at before anything else, since it may hold a secret."""

    path: Text = "catalogue/catalogue.duckdb"
    url: Text | None = None
    schema_name: Annotated[str, AfterValidator(_schema_name)] = "holdfast"
    folder: Text = "catalogue"
    wait: Duration = 30.0


class BagsTable(Door):
    """`[bags]`."""

    store: Text
    algorithms: Annotated[list[Literal["sha512", "sha256"]], Field(min_length=1)] = ["sha512", "sha256"]
    source_organization: Line | None = None
    bag_bytes: Annotated[int, BeforeValidator(parse_size), Field(ge=10**6)] = 10**9
    bag_files: Annotated[int, Field(ge=1, le=1_000_000)] = 4_000


class MatchingTable(Door):
    """`[matching]`."""

    pattern: Text | None = None


class LimitsTable(Door):
    """`[limits]`."""

    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    transfer: Size = 256 * 2**20


class WithdrawalsTable(Door):
    """`[withdrawals]`."""

    hold: LongDuration = 90 * 86400.0


class File(Door):
    """The whole of `holdfast.toml`."""

    policy: Text = "policy.toml"
    stores: Annotated[dict[StoreName, StoreTable], Field(min_length=1)]
    catalogue: CatalogueTable = CatalogueTable()
    bags: BagsTable
    prices: dict[Word, Text]
    limits: LimitsTable = LimitsTable()
    withdrawals: WithdrawalsTable = WithdrawalsTable()
    matching: MatchingTable = MatchingTable()
