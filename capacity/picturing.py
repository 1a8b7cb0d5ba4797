"""What hangs on what in a scenario, as a flow chart in Mermaid, which GitHub and most wikis draw."""

from __future__ import annotations

from collections.abc import Iterator

from capacity.scenario import Scenario

Box = tuple[str, str]
"""What it is, and its name."""


def flow_chart(scenario: Scenario) -> str:
    """institutions -> lines -> types -> packages -> stores, by the rules that bring packages there."""
    links = list(dict.fromkeys(_links(scenario)))
    boxes = list(dict.fromkeys(box for link in links for box in link[:2]))
    names = {box: f"n{number}" for number, box in enumerate(boxes)}
    lines = [f"    {names[box]}[{_words(f'{box[0]}: {box[1]}')}]" for box in boxes]
    lines += [
        f"    {names[one]} -->{f'|{_words(said)}|' if said else ''} {names[other]}"
        for one, other, said in links
    ]
    return "\n".join(["flowchart LR", *lines])


def _links(scenario: Scenario) -> Iterator[tuple[Box, Box, str]]:
    for each in scenario.institutions:
        for line, _ in each.lines:
            yield ("institutions", f"{each.count} x {each.name}"), ("line", line), ""
    for station in scenario.lines:
        yield ("line", station.name), ("objects", station.object_type), ""
    for kind in scenario.object_types:
        yield ("objects", kind.name), ("packages", "bags of masters"), ""
        if kind.derivatives:
            yield ("objects", kind.name), ("packages", "collections"), ""
    packages = ["bags of masters"]
    if any(kind.derivatives for kind in scenario.object_types):
        packages.append("collections")
    for rule in scenario.policy.rules:
        for package in packages:
            yield ("packages", package), ("rule", rule.name), ""
        for store in scenario.stores:
            if copies := rule.copies.get(store.tier, 0):
                there = f"{store.name} ({store.domain})"
                yield ("rule", rule.name), ("store", there), f"{copies} in {store.tier}"


def _words(text: str) -> str:
    """In quotes, so that no word of a scenario is taken for Mermaid's."""
    return '"' + text.replace('"', "#quot;").replace("\n", " ") + '"'
