"""The door through which xarray, zarr, pyarrow and notebooks open what a store keeps.

```python
filesystem, root = open_filesystem(spec)
xarray.open_zarr("s3://bucket/key", storage_options=storage_options(spec))
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from holdings.errors import BadInput
from holdings.stores.opening import folder_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from holdings.settings.model import StoreSettings


def storage_options(spec: StoreSettings) -> dict[str, Any]:
    """What fsspec needs besides a URL; may be printed, since secrets are never in it."""
    if urlsplit(spec.url).scheme != "s3":
        return {}
    client = {"endpoint_url": spec.endpoint, "region_name": spec.region}
    return {
        **({"profile": spec.profile} if spec.profile else {}),
        "client_kwargs": {name: value for name, value in client.items() if value},
        # s3fs reads ahead 50 MB by default: one small window would fetch a whole image.
        "default_cache_type": "none",
        "default_fill_cache": False,
    }


def open_filesystem(spec: StoreSettings) -> tuple[AbstractFileSystem, str]:
    """The filesystem of a store, and the path in it that keys come below."""
    url = urlsplit(spec.url)
    if url.scheme == "s3":
        from s3fs import S3FileSystem  # noqa: PLC0415  # brings aiobotocore; most commands never need it

        return S3FileSystem(**storage_options(spec)), f"{url.netloc}{url.path}".rstrip("/")
    if url.scheme == "file":
        from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415  # as above

        return LocalFileSystem(), str(folder_of(spec))
    raise BadInput(f"The store '{spec.name}' ({spec.url}) has no door for other programs.")
