"""Sentences made from what is held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.numbers import count, day_of_text, joined, month_of_text, percent, plural, si_bytes

Data = dict[str, Any]
_NAMED = 3


def first_sentence(data: Data) -> str:
    """How much is held."""
    if not data["packages"]:
        return "Nothing is held yet."
    return (
        f"{plural(data['images'], 'image')} in {plural(data['packages'], 'package')} are held: "
        f"{si_bytes(data['bytes'])}, in {plural(data['verified'], 'verified copy', 'verified copies')}."
    )


def where_sentences(data: Data) -> Iterator[str]:
    """How what is held is shared among places, and which collection has the fewest copies."""
    whole = sum(each["bytes"] for each in data["stores"])
    if not whole:
        yield "No verified copy is held anywhere."
        return
    parts = [
        f"{percent(each['bytes'] / whole)} in {each['name']} ({each['tier']}, {each['domain']})"
        for each in data["stores"]
        if each["bytes"]
    ]
    yield f"All verified copies together take {si_bytes(whole)}: {joined(parts)}."
    least = min(each["fewest_copies"] for each in data["collections"])
    names = [each["name"] for each in data["collections"] if each["fewest_copies"] == least]
    if least == 0:
        yield f"Something in {_some(names)} has no verified copy at all."
    elif len(names) < len(data["collections"]):
        domains = min(each["fewest_domains"] for each in data["collections"] if each["name"] in names)
        yield (
            f"The fewest are {plural(least, 'copy', 'copies')} in {plural(domains, 'domain')}, "
            f"of something in {_some(names)}."
        )
    else:
        yield f"Every collection has a package with only {plural(least, 'verified copy', 'verified copies')}."


def _some(names: list[str]) -> str:
    if len(names) <= _NAMED + 1:
        return joined(names)
    return f"{', '.join(names[:_NAMED])} and {count(len(names) - _NAMED)} more collections"


def below_sentences(data: Data) -> Iterator[str]:
    """What is below the policy, and what would mend it."""
    makes = [each for each in data["below"] if each["copies"]]
    stuck = [each for each in data["below"] if not each["copies"]]
    if not data["below"]:
        yield "No: every package has the copies that the policy asks for today."
        return
    if makes:
        n, size = sum(each["copies"] for each in makes), sum(each["copies_bytes"] for each in makes)
        yield (
            f"The policy asks for {plural(n, 'more copy', 'more copies')} ({si_bytes(size)}), first of all "
            f"because {makes[0]['wanting']}; holdfast tier plan shows the moves, holdfast tier apply makes "
            "them."
        )
    if stuck:
        n, size = sum(each["packages"] for each in stuck), sum(each["bytes"] for each in stuck)
        yield (
            f"{plural(n, 'package is', 'packages are')} below it ({si_bytes(size)}) and no move helps: "
            "something is in the way, and the table says what."
        )


def health_sentences(data: Data) -> Iterator[str]:
    """Whether copies are known to be bad."""
    if not data["verified"] and not data["not_good"]:
        yield "There is no copy yet."
        return
    if not (bad := data["not_good"]):
        yield "Yes: no copy is suspect or missing, as far as it was read."
        return
    told = joined([f"{count(n)} {state}" for state, n in bad.items()])
    yield f"{plural(sum(bad.values()), 'copy is', 'copies are')} not good: {told}."
    if bad.keys() & {"suspect", "missing"}:
        yield "holdfast repair mends what is suspect or missing from a copy that is proven good."


def due_sentences(data: Data) -> Iterator[str]:
    """How well the policy's days are kept."""
    days, due, verified = data["policy"]["days"], data["due"], data["verified"]
    if not verified:
        return
    if not due["copies"]:
        yield f"No: every copy was read within the {plural(days, 'day')} that the policy allows."
    else:
        yield (
            f"{plural(due['copies'], 'copy', 'copies')} of {count(verified)} ({si_bytes(due['bytes'])}) in "
            f"{joined(due['stores'])}: last read more than {plural(days, 'day')} ago. holdfast audit reads "
            "the oldest first."
        )
    if oldest := min((each["oldest_check"] for each in data["stores"] if each["oldest_check"]), default=None):
        yield f"The oldest reading is of {day_of_text(oldest)}."


def sleep_sentences(data: Data) -> Iterator[str]:
    """What takes hours to be had."""
    asleep = [each for each in data["stores"] if each["wakes_in_hours"] and each["packages"]]
    if not asleep:
        yield "Nothing: every verified copy can be read at once."
    for each in asleep:
        yield (
            f"{plural(each['packages'], 'copy', 'copies')} in {each['name']} ({si_bytes(each['bytes'])}); by "
            f"its price sheet they take {each['wakes_in_hours']:g} hours to wake."
        )
        if each.get("told"):  # a page that was made before has no such number
            yield (
                f"Of {count(each['told'])} of them {each['name']} itself told the recorded checksums since "
                "they were last read. That is weaker than reading them, and counts for no reading."
            )


def kept_sentences(data: Data) -> Iterator[str]:
    """Holds and withdrawals."""
    if data["holds_packages"]:
        held = plural(data["holds_packages"], "package is", "packages are")
        yield f"{held} on hold: nothing of it is removed."
    else:
        yield "No hold lies on anything."
    sums = data["withdrawn_sums"]
    if sums["packages"] or sums["images"]:
        told = [plural(sums[key], key[:-1]) for key in ("packages", "images") if sums[key]]
        yield f"Withdrawn, so held and not given out: {joined(told)}."
    else:
        yield "Nothing is withdrawn."


def growth_sentences(data: Data) -> Iterator[str]:
    """How fast it came."""
    growth = data["growth"]
    if not growth:
        yield "Nothing was deposited yet."
        return
    most = max(growth, key=lambda each: each["bytes"])
    yield (
        f"Deposits came in {plural(len(growth), 'month')}; the most in {month_of_text(most['month'])}: "
        f"{si_bytes(most['bytes'])} in {plural(most['images'], 'image')}."
    )
    last = growth[-1]
    if last is not most:
        yield f"The latest are of {month_of_text(last['month'])}: {si_bytes(last['bytes'])}."
