"""Sentences made from a plan and what came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.numbers import count, joined, money, month_of_text, percent, plural, si_bytes, signed
from reports.projection.sources import named

Data = dict[str, Any]
FEW_DRAWS = 30
"""Of fewer effective draws no band is believed."""
_NAMED = 3
_STEPS = 4
_QUESTIONS = {
    "bytes_held": "what is held at the end of {end}",
    "cost": "the cost until the end of {end}",
    "carbon": "the carbon until the end of {end}",
    "objects_lost": "the objects expected to be lost until the end of {end}",
}


def first_sentence(data: Data) -> str:
    """How it stands, in one sentence."""
    if data["score"] is None:
        return f"Nothing was held yet of what {data['about']['title']} plans; invoices alone are compared."
    last = data["score"]["months"][-1]
    return (
        f"By {month_of_text(last['month'])} {si_bytes(last['actual'])} came, {last['where']} the plan's band "
        f"of {si_bytes(last['low'])} to {si_bytes(last['high'])}."
    )


def standing_sentences(data: Data) -> Iterator[str]:
    """Whether it goes to plan."""
    yield first_sentence(data)
    if data["score"] is None:
        return
    last = data["score"]["months"][-1]
    if last["middle"] > 0:
        yield f"That is {percent(last['actual'] / last['middle'])} of the plan's median."
    yield (
        f"Counted is what was made since {month_of_text(data['first_month'])}, when the plan begins, in the "
        "stores that it names."
    )


def score_sentences(data: Data) -> Iterator[str]:
    """How well the plan foretold it."""
    found = data["score"]
    if found is None:
        return
    inside = sum(each["where"] == "within" for each in found["months"])
    yield (
        f"In {count(inside)} of {plural(len(found['months']), 'month')} what was held lay within the band; "
        "it promises nine in ten."
    )
    yield (
        f"The median alone was off by {si_bytes(found['median_off'])} in the mean, the whole forecast by "
        f"{si_bytes(found['crps'])} (CRPS: how far off a forecast is, its doubt counted)."
    )


def store_sentences(data: Data) -> Iterator[str]:
    """Which stores are off in their latest month."""
    latest = {each["store"]: each for each in data["seen"] if each["what"] == "bytes held"}
    if not latest:
        return
    off = [each for each in latest.values() if each["where"] != "within"]
    if not off:
        yield "None: each lies within its band." if len(latest) > 1 else "It is within its band."
    for each in off[:_NAMED]:
        band = (
            f"{each['where']} its band of {si_bytes(each['low'])} to {si_bytes(each['high'])}"
            if each["high"]
            else "where the plan has nothing yet"
        )
        yield f"{each['store']} holds {si_bytes(each['actual'])}, {band}."
    if len(off) > _NAMED:
        yield f"{plural(len(off) - _NAMED, 'more store is', 'more stores are')} outside, too."


def paid_sentences(data: Data) -> Iterator[str]:
    """Invoices against the plan."""
    paid, currency = data["paid"], data["about"]["currency"]
    if not paid:
        yield "No invoice was given (--invoices FILE)."
        return
    real, planned = sum(each["paid"] for each in paid), sum(each["fan"][2] for each in paid)
    inside = sum(each["fan"][0] <= each["paid"] <= each["fan"][4] for each in paid)
    yield (
        f"Invoices of {plural(len(paid), 'month')} come to {money(real, currency)}; the plan's medians of "
        f"the same months and stores to {money(planned, currency)}. {count(inside)} of {count(len(paid))} "
        "lie within the band."
    )
    if data["invoices_outside"]:
        outside = plural(data["invoices_outside"], "invoice is", "invoices are")
        yield f"{outside} of months or stores that the plan does not have, and left out."


def weighed_sentences(data: Data) -> Iterator[str]:
    """What is to be expected now."""
    found, end = data["weighed"], month_of_text(data["last_month"])
    low, middle, high = map(si_bytes, found["held_after"])
    yield (
        f"Held at the end of {end}: {middle} ({low} to {high}), where the plan said "
        f"{si_bytes(found['held_before'][1])}."
    )
    currency = data["about"]["currency"]
    low, middle, high = (money(each, currency) for each in found["cost_after"])
    yield f"Cost until then: {middle} ({low} to {high}), planned {money(found['cost_before'][1], currency)}."
    draws = plural(found["effective_draws"], "draw")
    if found["effective_draws"] < FEW_DRAWS:
        whole = count(data["about"]["draws"])
        yield f"Few futures of the plan said so ({draws} left of {whole}): make it anew."
    else:
        yield f"Futures that said what came count more; the plan's are now worth {draws}."


def change_sentences(data: Data) -> Iterator[str]:
    """What changed since the plan before, and because of which input."""
    change = data["change"]
    if change is None:
        yield "No earlier plan was given."
        return
    moved = steps_that_move(change)
    if not moved:
        yield "Nothing that matters: both plans give the same answers."
        return
    currency = data["about"]["currency"]
    for each in change["differences"][:2]:
        words = _QUESTIONS[each["question"]].format(end=change["end"])
        as_told = si_bytes if each["question"] == "bytes_held" else lambda amount: money(amount, currency)
        low, middle, high = each["change"]
        band = "" if low == high else f" (9 in 10: {_told(low, as_told)} to {_told(high, as_told)})"
        yield f"{words.capitalize()}: {signed(middle, as_told)}{band}."
    names = [keys_told(step["keys"]) for step in moved[:_STEPS]]
    yield f"Because of {joined(names)}{' first of all' if len(moved) > _STEPS else ''}."


def _told(amount: float, as_told: Any) -> str:
    return f"{'-' if amount < 0 else '+'}{as_told(abs(amount))}"


def steps_that_move(change: Data) -> list[Data]:
    """The steps that change an answer, the largest effect on money first."""
    moving = [step for step in change["steps"] if any(step["change"].values())]
    return sorted(moving, key=lambda step: (-abs(step["change"]["cost"]), -abs(step["change"]["bytes_held"])))


def keys_told(keys: list[str]) -> str:
    """Inputs as people say them."""
    return ", and with it ".join(named(key.removeprefix("numbers.").replace("figures.", "")) for key in keys)
