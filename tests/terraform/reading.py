"""The Terraform code as data: what python-hcl2 reads, without the quotes that it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

FOLDER = Path(__file__).resolve().parents[2] / "terraform"
FILES = sorted(path for path in FOLDER.rglob("*.tf") if ".terraform" not in path.parts)


@cache
def read(path: Path) -> dict[str, Any]:
    """One file, as names and values; read once, and shared."""
    with path.open(encoding="utf-8") as file:
        plain: dict[str, Any] = unquoted(hcl2.load(file))
    return plain


def unquoted(value: Any) -> Any:
    """python-hcl2 keeps the quotes of names and texts."""
    if isinstance(value, dict):
        return {name.strip('"'): unquoted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [unquoted(item) for item in value]
    return value.strip('"') if isinstance(value, str) else value


def declared(module: Path, what: str, kind: str) -> dict[str, dict[str, Any]]:
    """Every resource (or data source) of a kind in a module, by its name."""
    return {
        name: body
        for path in sorted(module.glob("*.tf"))
        for said in read(path).get(what, [])
        for name, body in said.get(kind, {}).items()
    }


def resources(module: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Every resource of a kind in a module, by its name."""
    return declared(module, "resource", kind)


def blocks(value: Any) -> Iterator[tuple[str, Any]]:
    """Every name anywhere in the code, with what stands under it."""
    for name, item in value.items() if isinstance(value, dict) else enumerate(value or []):
        if isinstance(name, str):
            yield name, item
        if isinstance(item, dict | list):
            yield from blocks(item)


def names(path: Path) -> Iterator[str]:
    """Every name anywhere in a file."""
    return (name for name, _ in blocks(read(path)))
