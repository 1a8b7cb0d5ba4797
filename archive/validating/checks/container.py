"""What the folder, tar, zip or store told while it was listed."""

from __future__ import annotations

from collections.abc import Iterator

from archive.validating.interface import Finding, error
from archive.validating.opened import OpenedBag


def check(bag: OpenedBag) -> Iterator[Finding]:
    """Links, devices, members outside; and whether there is a payload folder at all."""
    yield from bag.contents.findings
    if not bag.contents.has_payload_folder:
        yield error("payload-folder-missing", "2.1.2", "There is no payload folder data/.", "data/")
