"""BagIt Profiles (bagit-profiles.github.io, 1.4): what a receiver asks for beyond the standard."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from archive.describing.profile import profile_bytes
from archive.validating.algorithms import normalised
from archive.validating.paths import OWN_FILES
from holdings.errors import BadInput

OWN_PROFILE = "holdfast"
"""The short name of the profile that our own bags keep."""
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
    source: str | None = Field(alias="Source-Organization", default=None)
    description: str | None = Field(alias="External-Description", default=None)
    version: str | None = Field(alias="Version", default=None)


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

    @model_validator(mode="after")
    def _contradicts_nothing(self) -> Self:
        """What no bag could ever meet is a slip of whoever wrote the profile."""
        pairs = (
            ("Manifests", self.manifests_required, self.manifests_allowed),
            ("Tag-Manifests", self.tag_manifests_required, self.tag_manifests_allowed),
        )
        for name, required, allowed in pairs:
            if allowed is not None and not set(map(normalised, required)) <= set(map(normalised, allowed)):
                raise ValueError(f"{name}-Required asks for what {name}-Allowed does not allow")
        self._check_files("Tag-Files", self.tag_files_required, self.tag_files_allowed)
        self._check_files("Payload-Files", self.payload_files_required, self.payload_files_allowed)
        if self.fetch_required and not self.allow_fetch:
            raise ValueError("Fetch.txt-Required asks for what Allow-Fetch.txt does not allow")
        return self

    @staticmethod
    def _check_files(name: str, required: tuple[str, ...], allowed: tuple[str, ...] | None) -> None:
        for path in required if allowed is not None else ():
            if path not in OWN_FILES and not any(fnmatchcase(path, pattern) for pattern in allowed or ()):
                raise ValueError(f"{name}-Required asks for {path}, which {name}-Allowed does not allow")

    def lacks(self) -> Iterator[str]:
        """What a profile must say and this one does not; published ones often leave some of it out."""
        said = {
            "Source-Organization": self.identity.source,
            "External-Description": self.identity.description,
            "Version": self.identity.version,
            "Accept-BagIt-Version": self.accept_version,
            "Accept-Serialization": self.accept_serialization or self.serialization == "forbidden",
        }
        return (name for name, value in said.items() if not value)


def named_profile(name: str) -> Profile:
    """Our own profile by its short name, or that in a JSON file. Raises BadInput where it is none."""
    return Profile.model_validate_json(profile_bytes()) if name == OWN_PROFILE else read_profile(Path(name))


def read_profile(path: Path) -> Profile:
    """The profile in a JSON file. Raises BadInput where it is none."""
    try:
        with path.open("rb") as opened:
            data = opened.read(_MAX_BYTES)
        return Profile.model_validate_json(data)
    except OSError as error:
        raise BadInput(
            f"The profile {path} cannot be read: {error.strerror}.",
            hint="Give a JSON file, or holdfast for the profile of our own bags.",
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BadInput(
            f"{path} is no BagIt profile: {where}: {first['msg']}.",
            hint="It is a JSON file by the BagIt Profiles specification, bagit-profiles.github.io.",
        ) from None
