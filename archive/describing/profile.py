"""The BagIt profile that our bags keep, published beside this file (BagIt Profiles 1.4.0).

Its identifier is a `urn:uuid:`: nobody has to own a web host for as long as the bags will last. A
profile that asks for anything else gets another identifier, and this one stays what it is.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

PROFILE_FILE = "bagit-profile.json"


def profile_bytes() -> bytes:
    """The profile as it is published."""
    return resources.files("archive.describing").joinpath(PROFILE_FILE).read_bytes()


@cache
def profile_identifier() -> str:
    """What bag-info.txt names."""
    return str(json.loads(profile_bytes())["BagIt-Profile-Info"]["BagIt-Profile-Identifier"])
