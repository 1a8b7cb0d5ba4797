"""Scenario files laid over one another: `extends = "base.toml"`, or a list of them, nearest last.

Tables are merged key by key, anything else is replaced. A path means what it means in the file
that says it. Scenarios that come with Holdfast are found by their name from anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from holdings.errors import BadInput
from holdings.settings.problems import Parsed, Problem, nearest, parse_toml

SHIPPED = Path(__file__).parent / "scenarios"
_MISSING = "holdfast init writes a scenario.toml to begin with."
_NUMBER_KEYS = {"value", "low", "p10", "from"}
"""A table with one of these is a number with its source, and is replaced whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Laid:
    """A scenario with everything that it extends."""

    parsed: Parsed
    text: str
    """Every file that was read, the lowest first."""


def find_scenario(named: Path) -> Path:
    """`named` itself, or the scenario of that name that comes with Holdfast."""
    if named.exists():
        return named
    shipped = SHIPPED / f"{named.name.removesuffix('.toml')}.toml"
    if named.parent.name in ("", "scenarios") and not named.is_absolute() and shipped.exists():
        return shipped
    return named


def shipped_names() -> list[str]:
    """The scenarios that come with Holdfast."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def lay(path: Path) -> Laid:
    """Read `path` and what it extends. Raises BadInput for a circle, and for what cannot be read."""
    return _lay(path, ())


def lay_whole(path: Path) -> Laid:
    """The same, with every path in it made whole: what is taken out of it means the same elsewhere."""
    found = find_scenario(path)
    laid = lay(found)
    return replace(laid, parsed=replace(laid.parsed, data=_anchored(laid.parsed.data, found.parent)))


def _lay(path: Path, above: tuple[Path, ...]) -> Laid:
    here = path.resolve()
    parsed = parse_toml(path, missing_hint=_MISSING if not above else None)
    if here in above:
        circle = " extends ".join(each.name for each in (*above[above.index(here) :], here))
        raise BadInput(
            f"{above[-1]} lies over itself: {circle}.", hint="Take one `extends` out of the circle."
        )
    text = path.read_text(encoding="utf-8-sig")
    if "extends" not in parsed.data:
        return Laid(
            parsed=replace(parsed, data=_anchored(parsed.data, path.parent) if above else parsed.data),
            text=text,
        )
    merged: dict[str, Any] = {}
    texts = []
    for name in _bases(parsed):
        below = _lay(_base_path(parsed, name), (*above, here))
        merged = _merged(merged, below.parsed.data)
        texts.append(below.text)
    own = {key: value for key, value in parsed.data.items() if key != "extends"}
    whole = _merged(merged, _anchored(own, path.parent))
    return Laid(
        parsed=replace(parsed, data=whole), text="\n".join([*texts, f"# --- {path.name} lies over it", text])
    )


def _bases(parsed: Parsed) -> list[str]:
    named = parsed.data["extends"]
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        parsed.refuse([Problem(place=("extends",), says="is the name of a scenario file, or a list of them")])
    return list(names)


def _base_path(parsed: Parsed, name: str) -> Path:
    beside = parsed.path.parent / name
    found = beside if beside.exists() else find_scenario(Path(name))
    if not found.exists():
        there = [each.name for each in parsed.path.parent.glob("*.toml")] + shipped_names()
        parsed.refuse(
            [Problem(place=("extends",), says=f"names '{name}', which is not there{nearest(name, there)}")]
        )
    return found


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`, neither changed."""
    merged = dict(below)
    for key, value in above.items():
        lower = merged.get(key)
        both = isinstance(value, dict) and isinstance(lower, dict)
        merged[key] = _merged(lower, value) if both and not is_number(value) else value  # type: ignore[arg-type]  # both are
    return merged


def is_number(table: object) -> bool:
    """Whether a table is one number with its source, or with its shape."""
    return isinstance(table, dict) and bool(table.keys() & _NUMBER_KEYS)


def _anchored(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`data` with the paths that it names made whole, so that a file above may use them."""

    def whole(named: object) -> object:
        return (
            str((folder / named).resolve()) if isinstance(named, str) and (folder / named).exists() else named
        )

    anchored = dict(data)
    if "policy" in anchored:
        anchored["policy"] = whole(anchored["policy"])
    if isinstance(stores := anchored.get("stores"), dict):
        anchored["stores"] = {
            name: {**store, "price_sheet": whole(store["price_sheet"])}
            if isinstance(store, dict) and "price_sheet" in store
            else store
            for name, store in stores.items()
        }
    return anchored
