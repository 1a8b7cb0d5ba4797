"""Sentences made from a plan and from what tiering did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports.numbers import count, day_of_text, joined, money, month_of_text, plural, si_bytes, three

Data = dict[str, Any]
REMOVED = "removed"
_NAMED = 4
_DAYS_FROM = 48


def first_sentence(plan: Data) -> str:
    """What the plan is, in one sentence."""
    if not plan["copies"] and not plan["removals"]:
        return f"Nothing is to be moved: {plural(plan['packages'], 'package')} looked at."
    parts = []
    if plan["copies"]:
        parts.append(f"{plural(plan['copies'], 'copy', 'copies')} to make ({si_bytes(plan['bytes'])})")
    if plan["removals"]:
        copies = plural(plan["removals"], "copy", "copies")
        parts.append(f"{copies} to remove ({si_bytes(plan['removed_bytes'])})")
    return f"{joined(parts)}, of {plural(plan['packages'], 'package')} looked at."


def move_sentences(plan: Data) -> Iterator[str]:
    """The ways, the largest first."""
    yield first_sentence(plan)
    ways = sorted((flow for flow in plan["flows"] if flow["to"]), key=lambda flow: -flow["bytes"])
    if ways:
        told = [f"{si_bytes(flow['bytes'])} from {flow['from']} to {flow['to']}" for flow in ways[:_NAMED]]
        more = f", and {plural(len(ways) - _NAMED, 'smaller flow')}" if len(ways) > _NAMED else ""
        yield f"{joined(told)}{more}."
    yield from _applied(plan)


def _applied(plan: Data) -> Iterator[str]:
    """How much of this very plan is done."""
    applied = plan["applied"]
    if not applied["latest"]:
        return
    parts = []
    if plan["copies"]:
        parts.append(f"{count(applied['made'])} of {plural(plan['copies'], 'copy', 'copies')} made")
    if plan["removals"]:
        parts.append(f"{count(applied['removed'])} of {count(plan['removals'])} removed")
    yield f"Done of this plan: {joined(parts)}, the latest on {day_of_text(applied['latest'])}."


def money_sentences(plan: Data) -> Iterator[str]:
    """What it costs once, and each month."""
    if not plan["costs"]:
        yield "Nothing, as nothing is moved."
    for cost in plan["costs"]:
        parts = {
            name: cost[key]
            for key, name in (
                ("requests", "requests"),
                ("retrieval", "retrieval"),
                ("egress", "egress"),
                ("early_deletion", "early deletion"),
            )
            if cost[key]
        }
        told = joined([f"{money(amount, cost['currency'])} {what}" for what, amount in parts.items()])
        of_what = f" ({told})" if len(parts) > 1 else ""
        if cost["once"]:
            yield f"{money(cost['once'], cost['currency'])} once{of_what}."
        yield from _monthly(cost)


def _monthly(cost: Data) -> Iterator[str]:
    more, less = cost["storage_per_month"], cost["saved_per_month"]
    if more:
        yield f"What is copied adds {money(more, cost['currency'])} to each month's bill."
    if less:
        yield f"What is removed takes {money(less, cost['currency'])} from each month's bill."


def hours_sentences(plan: Data) -> Iterator[str]:
    """How long it takes."""
    if not plan["copies"]:
        return
    if plan["hours"] is not None:
        yield f"{duration(plan['hours'])} at the rates that were measured in earlier transfers."
    else:
        unknown = sorted({flow["to"] for flow in plan["flows"] if flow["to"] and flow["hours"] is None})
        yield f"Nobody knows yet: no transfer to {joined(unknown)} has been measured."
    yield (
        f"The stores are asked {plural(plan['put_requests'] + plan['get_requests'], 'time')} "
        f"({count(plan['put_requests'])} to write, {count(plan['get_requests'])} to look and read)."
    )
    if plan["recalls"]:
        yield (
            f"{plural(plan['recalls'], 'source has', 'sources have')} to be woken first, which takes up to "
            f"{duration(plan['recall_hours'])}."
        )


def duration(hours: float) -> str:
    """Hours as people say them."""
    if hours >= _DAYS_FROM:
        return f"{three(hours / 24)} days"
    return f"{three(hours)} h" if hours >= 1 else f"{max(hours * 60, 1):.0f} min"


def refused_sentences(plan: Data) -> Iterator[str]:
    """What guards keep from being done."""
    if not plan["refused"]:
        yield "Nothing."
    for each in plan["refused"]:
        what = plural(
            each["packages"], each["what"][:-1] if each["what"] != "copies" else "copy", each["what"]
        )
        yield f"{what} ({si_bytes(each['size_bytes'])}) by {each['guard']}: {each['says']}."


def worth_sentences(plan: Data) -> Iterator[str]:
    """What costs more than it saves."""
    if not plan["not_worth"]:
        yield "Nothing: whatever would be moved to save money saves it."
    for each in plan["not_worth"]:
        currency = each["currency"]
        yield (
            f"{plural(each['packages'], 'package')} from {each['source_store']} to {each['target_store']} "
            f"({si_bytes(each['size_bytes'])}): costs {money(each['costs'], currency)}, saves "
            f"{money(each['saves'], currency)} within the policy's horizon."
        )


def blocked_sentences(plan: Data) -> Iterator[str]:
    """What stays below the policy."""
    if not plan["blocked"]:
        yield "Nothing: every package gets what its rule asks for."
        return
    n = sum(each["packages"] for each in plan["blocked"])
    yield f"{plural(n, 'package stays', 'packages stay')} below the policy, because something is in the way."


def done_sentences(history: list[Data]) -> Iterator[str]:
    """What tiering did until now."""
    sums = _sums(history)
    if not any(sums.values()):
        yield "Nothing yet."
        return
    first, last = (month_of_text(history[n]["month"]) for n in (0, -1))
    span = f"in {first}" if first == last else f"from {first} to {last}"
    yield (
        f"{plural(sums['made'], 'copy', 'copies')} made ({si_bytes(sums['made_bytes'])}), "
        f"{count(sums['removed'])} removed, {count(sums['repaired'])} repaired, and "
        f"{plural(sums['read'] + sums['read_bad'], 'reading')} to check what is held, {span}."
    )
    if sums["read_bad"]:
        yield f"{plural(sums['read_bad'], 'reading')} found a copy that was damaged or missing."


def _sums(history: list[Data]) -> Mapping[str, int]:
    names = [name for name in history[0] if name != "month"] if history else []
    return {name: sum(each[name] for each in history) for name in names}
