"""Payload-Oxum: bytes and files of the payload as the metadata promise them.

Never sufficient for "valid": it says nothing of what the bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from archive.validating.interface import Finding, error, printable
from archive.validating.opened import OpenedBag

_OXUM = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)


def check(bag: OpenedBag) -> Iterator[Finding]:
    """At most one, well-formed, and true once nothing is to be fetched."""
    values = [value for label, value in bag.info if label.lower() == "payload-oxum"]
    if len(values) > 1:
        sentence = f"Payload-Oxum is in {bag.info_name} {len(values)} times."
        yield error("oxum-repeated", "2.2.2", sentence, bag.info_name)
    pending = any(line.path not in bag.contents.payload.places for line in bag.fetch)
    for value in values:
        yield from _check(bag, value, pending=pending)


def _check(bag: OpenedBag, value: str, *, pending: bool) -> Iterator[Finding]:
    parts = _OXUM.fullmatch(value)
    if parts is None:
        sentence = f"Payload-Oxum is '{printable(value[:80])}', not 'bytes.files'."
        yield error("oxum-malformed", "2.2.2", sentence, bag.info_name)
        return
    promised = int(parts[1]), int(parts[2])
    found = sum(bag.contents.payload.sizes), len(bag.contents.payload)
    if promised != found and not pending:
        sentence = (
            f"Payload-Oxum promises {promised[0]} bytes in {promised[1]} files; there are "
            f"{found[0]} bytes in {found[1]} files."
        )
        yield error("oxum-mismatch", "2.2.2", sentence, bag.info_name)
