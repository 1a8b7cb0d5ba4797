"""What changed between two results, and because of which input.

A result holds its whole scenario, so that two results can be compared when the files they were made of
are long gone. The earlier scenario is changed into the later one input by input, with the same random
numbers for what both share; what an input does is what the means do at its step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import xarray as xr

from capacity.answers import draw_answers
from capacity.canning import canned, opened
from capacity.comparing import Comparison, Key, Step, side_by_side
from capacity.engine import build_model
from capacity.laws import Floats
from capacity.scenario import Scenario
from holdings.errors import BadInput, HoldfastError

_MOST_STEPS = 40
"""Each is a run; of more differences those of one owner are one step."""
_KIND = ""
"""The key under which a branch of the tree says what it was."""
_LEAVES = {"Input", "Figure"}
_WORDS_ONLY = {"title", "path", "text", "policy_text", "catalogue_id"}
Answers = Mapping[str, Floats]


def compare_results(before: xr.Dataset, after: xr.Dataset, *, draws: int, seed: int) -> Comparison:
    """How the answers of `after` differ from those of `before`, and the way from one to the other.

    Raises BadInput where their currencies differ, Corrupt where one does not hold its scenario.
    """
    one, other = opened(str(before.attrs["model"])), opened(str(after.attrs["model"]))
    if one.currency != other.currency:
        raise BadInput(
            f"The plans count in {one.currency} and {other.currency}, and money of two kinds is not compared."
        )
    left, right = (draw_answers(build_model(each), draws=draws, seed=seed) for each in (one, other))
    steps = tuple(_steps(one, other, left, right, draws=draws, seed=seed))
    return side_by_side(one, other, left, right, draws=draws, steps=steps)


def _steps(
    one: Scenario, other: Scenario, left: Answers, right: Answers, *, draws: int, seed: int
) -> Iterator[Step]:
    """A key that makes no scenario alone waits for the next; the last step ends where `other` is."""
    tree, target = _tree(json.loads(canned(one))), _tree(json.loads(canned(other)))
    keys = _few(list(_differing(tree, target)))
    before, waiting = _means(left), []
    for number, key in enumerate(keys):
        tree = _with(tree, key, _at(target, key))
        waiting.append(".".join(part for part in key if part != _KIND))
        if number == len(keys) - 1:
            after = _means(right)
        else:
            try:
                found = draw_answers(build_model(_scenario(tree)), draws=draws, seed=seed)
            except (HoldfastError, LookupError, ValueError, TypeError, StopIteration):
                continue
            after = _means(found)
        yield Step(keys=tuple(waiting), change={name: after[name] - before[name] for name in after})
        before, waiting = after, []


def _means(answers: Answers) -> dict[str, float]:
    return {name: float(values.mean()) for name, values in answers.items()}


def _scenario(tree: Any) -> Scenario:
    return opened(json.dumps(_canned(tree)))


def _tree(value: Any) -> Any:
    """What `canned` wrote with names for keys: maps, and lists of things that have names, are branches."""
    if not isinstance(value, dict):
        return value
    if value.get("class") in _LEAVES:
        return (json.dumps(value, sort_keys=True),)
    if "class" in value:
        return {_KIND: value["class"], **{k: _tree(v) for k, v in value.items() if k != "class"}}
    if "map" in value and all(isinstance(key, str) and key for key, _ in value["map"]):
        return {_KIND: "map", **{key: _tree(each) for key, each in value["map"]}}
    if "tuple" in value and (names := _names(value["tuple"])):
        return {_KIND: "tuple", **dict(zip(names, map(_tree, value["tuple"]), strict=True))}
    return (json.dumps(value, sort_keys=True),)


def _names(items: list[Any]) -> list[str]:
    """The names of all items, if each has one of its own; else none."""
    names = [item.get("name") for item in items if isinstance(item, dict)]
    named = [name for name in names if isinstance(name, str) and name]
    return named if len(named) == len(items) == len(set(named)) else []


def _canned(tree: Any) -> Any:
    if isinstance(tree, tuple):
        return json.loads(tree[0])
    if not isinstance(tree, dict):
        return tree
    parts = {key: _canned(each) for key, each in tree.items() if key != _KIND}
    if tree[_KIND] == "map":
        return {"map": [[key, each] for key, each in parts.items()]}
    if tree[_KIND] == "tuple":
        return {"tuple": list(parts.values())}
    return {"class": tree[_KIND], **parts}


_MISSING: Any = object()


def _differing(first: Any, second: Any, above: Key = ()) -> Iterator[Key]:
    """Keys whose values differ and matter; who vouches for a number does not."""
    if above[-1:] and above[-1] in _WORDS_ONLY:
        return
    both = isinstance(first, dict) and isinstance(second, dict) and first[_KIND] == second[_KIND]
    if both:
        for name in dict.fromkeys([*second, *first]):
            if name != _KIND:
                yield from _differing(first.get(name, _MISSING), second.get(name, _MISSING), (*above, name))
    elif not _same(first, second):
        yield above


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, tuple) and isinstance(second, tuple):
        return bool(_counts(json.loads(first[0])) == _counts(json.loads(second[0])))
    return bool(first == second)


def _counts(leaf: Any) -> Any:
    """Of a number with its source, what is counted with."""
    if isinstance(leaf, dict) and leaf.get("class") in _LEAVES:
        return leaf.get("law", leaf.get("value"))
    return leaf


def _few(keys: list[Key]) -> list[Key]:
    """No more than there is time for: of many, those of one owner together."""
    depth = max(map(len, keys), default=0)
    while len(keys) > _MOST_STEPS and depth > 1:
        depth -= 1
        keys = list(dict.fromkeys(key[:depth] for key in keys))
    return keys


def _at(tree: Any, key: Key) -> Any:
    for name in key:
        tree = tree.get(name, _MISSING) if isinstance(tree, dict) else _MISSING
    return tree


def _with(tree: Any, key: Key, value: Any) -> Any:
    """The tree with `value` at `key`, or without the key where it is missing."""
    name, *below = key
    changed = dict(tree)
    if below:
        changed[name] = _with(changed[name], tuple(below), value)
    elif value is _MISSING:
        changed.pop(name, None)
    else:
        changed[name] = value
    return changed
