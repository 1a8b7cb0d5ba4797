"""BagIt Profiles (bagit-profiles.github.io, 1.4): what a receiver asks for beyond the standard."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdings.errors import BadInput

_MAX_BYTES = 16 * 1024 * 1024


class TagRule(BaseModel):
    """What a profile says of one label of bag-info.txt."""

    model_config = ConfigDict(frozen=True, extra="allow")

    required: bool = False
    repeatable: bool = True
    recommended: bool = False
    values: tuple[str, ...] = ()
    """Allowed values; none means any."""


class Identity(BaseModel):
    """Which profile it is."""

    model_config = ConfigDict(frozen=True, extra="allow")

    identifier: str = Field(alias="BagIt-Profile-Identifier")


class Profile(BaseModel):
    """A profile; None means that it does not say."""

    model_config = ConfigDict(frozen=True, extra="allow")

    identity: Identity = Field(alias="BagIt-Profile-Info")
    tag_rules: dict[str, TagRule] = Field(alias="Bag-Info", default_factory=dict)
    manifests_required: tuple[str, ...] = Field(alias="Manifests-Required", default=())
    manifests_allowed: tuple[str, ...] | None = Field(alias="Manifests-Allowed", default=None)
    tag_manifests_required: tuple[str, ...] = Field(alias="Tag-Manifests-Required", default=())
    tag_manifests_allowed: tuple[str, ...] | None = Field(alias="Tag-Manifests-Allowed", default=None)
    tag_files_required: tuple[str, ...] = Field(alias="Tag-Files-Required", default=())
    tag_files_allowed: tuple[str, ...] | None = Field(alias="Tag-Files-Allowed", default=None)
    payload_files_required: tuple[str, ...] = Field(alias="Payload-Files-Required", default=())
    payload_files_allowed: tuple[str, ...] | None = Field(alias="Payload-Files-Allowed", default=None)
    allow_fetch: bool = Field(alias="Allow-Fetch.txt", default=True)
    fetch_required: bool = Field(alias="Fetch.txt-Required", default=False)
    data_empty: bool = Field(alias="Data-Empty", default=False)
    serialization: Literal["forbidden", "required", "optional"] = Field(
        alias="Serialization", default="optional"
    )
    accept_serialization: tuple[str, ...] | None = Field(alias="Accept-Serialization", default=None)
    accept_version: tuple[str, ...] | None = Field(alias="Accept-BagIt-Version", default=None)


def read_profile(path: Path) -> Profile:
    """The profile in a JSON file. Raises BadInput where it is none."""
    try:
        with path.open("rb") as opened:
            data = opened.read(_MAX_BYTES)
        return Profile.model_validate_json(data)
    except OSError as error:
        raise BadInput(f"The profile {path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput(
            f"{path} is no BagIt profile: {where}: {first['msg']}.",
            hint="It is a JSON file by the BagIt Profiles specification, bagit-profiles.github.io.",
        ) from None
