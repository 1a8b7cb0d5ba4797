"""Which stores a server can copy between by itself, without the bytes passing through us."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings


def is_beside(source: StoreSettings, target: StoreSettings) -> bool:
    """Whether `target` may be asked to copy from `source`: both on one S3 server, under one account.

    As far as the settings tell: whether the account may read there, the server says when it is asked.
    """
    both = (source, target)
    return all(urlsplit(store.url).scheme == "s3" for store in both) and (
        (source.endpoint, source.region, source.profile) == (target.endpoint, target.region, target.profile)
    )
