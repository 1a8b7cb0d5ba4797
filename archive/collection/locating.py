"""Where an image lies for programs that are not ours: an address and options, never a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from archive.collection.finding import Found
from holdings.errors import BadInput
from holdings.records import Package
from holdings.settings import StoreSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """An address and what a library has to be told to reach it."""

    url: str
    options: Mapping[str, Any]


def address(spec: StoreSettings, package: Package, key: str) -> Address:
    """For fsspec and what stands on it: s3fs, xarray, zarr, pandas."""
    scheme = urlsplit(spec.url).scheme
    if scheme not in ("file", "s3"):
        raise BadInput(f"The store '{spec.name}' ({spec.url}) is not open to other programs.")
    url = f"{spec.url.rstrip('/')}/{package.prefix}{key}"
    return Address(url=url, options=_s3fs(spec) if scheme == "s3" else {})


def _s3fs(spec: StoreSettings) -> dict[str, Any]:
    client = {"endpoint_url": spec.endpoint, "region_name": spec.region}
    told = {
        "client_kwargs": {name: value for name, value in client.items() if value},
        "profile": spec.profile,
    }
    # Without these two s3fs reads blocks of 50 MB ahead: one tile would fetch a whole image.
    return {name: value for name, value in told.items() if value} | {
        "default_cache_type": "none",
        "default_fill_cache": False,
    }


def tiledb_place(spec: StoreSettings, found: Found) -> Address:
    """For TileDB, which has its own way to S3."""
    place = address(spec, found.package, found.built.key)
    if not place.url.startswith("s3:"):
        return place
    config = {"vfs.s3.region": spec.region or "us-east-1"}
    if spec.endpoint:
        endpoint = urlsplit(spec.endpoint)
        config |= {
            "vfs.s3.endpoint_override": endpoint.netloc,
            "vfs.s3.scheme": endpoint.scheme,
            "vfs.s3.use_virtual_addressing": "false",
        }
    if spec.profile:
        config["vfs.s3.config_source"] = "config_files"
    return Address(url=place.url, options=config)
