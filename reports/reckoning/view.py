"""The report of a plan against what really came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Answer, Answers, Asked, Block, Chapter, Questions, Report, Section, Words
from reports.inventory.view import made_of
from reports.numbers import money, month_of_text, percent, plural, si_bytes
from reports.reckoning.tables import (
    change_blocks,
    months_table,
    paid_shown,
    stores_folded,
    stores_shown,
    total_shown,
    weighed_side,
)
from reports.reckoning.words import (
    change_sentences,
    first_sentence,
    paid_sentences,
    score_sentences,
    standing_sentences,
    steps_that_move,
    store_sentences,
    weighed_sentences,
)

Data = dict[str, Any]


def view_reckoning(data: Data) -> Report:
    """The report: is it going to plan, what does it cost, what is to be expected, what changed."""
    title = f"{data['about']['title']}: plan against actual"
    sections = (
        Section(title="", anchor="short", blocks=(Answers(answers=tuple(_answers(data))), _questions(data))),
        Section(title="Is it going to plan?", anchor="came", blocks=tuple(_came(data))),
        Section(title="Did it cost what was planned?", anchor="paid", blocks=tuple(_paid(data))),
        Section(title="What is to be expected now?", anchor="expected", blocks=tuple(_expected(data))),
        Section(title="What changed since the plan before?", anchor="changed", blocks=tuple(_changed(data))),
    )
    return Report(
        kind="plan-vs-actual",
        title=title,
        sub=first_sentence(data),
        chapters=(Chapter(title=title, anchor="reckoning", sections=sections),),
        closing=made_of(data),
        data=data,
    )


def _answers(data: Data) -> Iterator[Answer]:
    if (found := data["score"]) is not None:
        last = found["months"][-1]
        yield Answer(
            number=si_bytes(last["actual"]),
            what=f"held by {month_of_text(last['month'])}",
            band=f"planned {si_bytes(last['middle'])} ({si_bytes(last['low'])} to {si_bytes(last['high'])})",
        )
        yield Answer(
            number=percent(found["covered"]),
            what=f"of {plural(len(found['months']), 'month')} lay within the band",
            band="90 % is what the band promises",
        )
    currency = data["about"]["currency"]
    if data["paid"]:
        yield Answer(
            number=money(sum(each["paid"] for each in data["paid"]), currency),
            what="paid by invoice",
            band=f"planned {money(sum(each['fan'][2] for each in data['paid']), currency)} in the median",
        )
    low, middle, high = map(si_bytes, data["weighed"]["held_after"])
    yield Answer(
        number=middle,
        what=f"to be expected at the end of {month_of_text(data['last_month'])}",
        band=f"9 in 10 futures: {low} to {high}",
    )


def _questions(data: Data) -> Questions:
    asked = (
        ("Is it going to plan?", standing_sentences, "came"),
        ("How good was the plan?", score_sentences, "came"),
        ("Which store is off?", store_sentences, "came"),
        ("Did it cost what was planned?", paid_sentences, "paid"),
        ("What is to be expected now?", weighed_sentences, "expected"),
        ("What changed since the plan before, because of what?", change_sentences, "changed"),
    )
    return Questions(
        asked=tuple(
            Asked(question=question, sentences=told, more=more)
            for question, sentences, more in asked
            if (told := tuple(sentences(data)))
        )
    )


def _came(data: Data) -> Iterator[Block]:
    if data["score"] is None:
        yield Words(text=first_sentence(data))
        return
    yield total_shown(data)
    yield months_table(data)
    yield stores_shown(data)
    yield stores_folded(data)


def _paid(data: Data) -> Iterator[Block]:
    yield Words(text=" ".join(paid_sentences(data)))
    if data["paid"]:
        yield paid_shown(data)


def _expected(data: Data) -> Iterator[Block]:
    yield Words(text=" ".join(weighed_sentences(data)))
    yield weighed_side(data)


def _changed(data: Data) -> Iterator[Block]:
    yield Words(text=" ".join(change_sentences(data)))
    if data["change"] and steps_that_move(data["change"]):
        yield from change_blocks(data)
