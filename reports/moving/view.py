"""The report about tiering: what is to be moved, what that costs, what is refused, what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reports.document import (
    Answer,
    Answers,
    Asked,
    Block,
    Chapter,
    Command,
    Questions,
    Report,
    Section,
    Words,
)
from reports.inventory.view import made_of
from reports.moving.tables import (
    blocked_table,
    costs_table,
    due_table,
    flows_shown,
    history_blocks,
    moves_folded,
    refused_table,
    worth_table,
)
from reports.moving.words import (
    blocked_sentences,
    done_sentences,
    duration,
    first_sentence,
    hours_sentences,
    money_sentences,
    move_sentences,
    refused_sentences,
    worth_sentences,
)
from reports.numbers import count, day_of_text, money, plural, si_bytes

Data = dict[str, Any]
_Sentences = Callable[[Data], Iterator[str]]


def view_tiering(data: Data) -> Report:
    """The report of a plan, given or made now, and of the history before it."""
    plan = data["plan"]
    title = "A plan of moves" if plan["file"] else "What would be moved now"
    sections = (
        Section(title="", anchor="short", blocks=(Answers(answers=tuple(_answers(plan))), _questions(data))),
        Section(title="What goes where?", anchor="flows", blocks=tuple(_flows(data))),
        Section(title="What is refused or not worth it?", anchor="refused", blocks=tuple(_refused(data))),
        Section(title="What was done until now?", anchor="done", blocks=tuple(_done(data))),
        Section(title="How can it be made so?", anchor="apply", blocks=tuple(_apply(plan))),
    )  # fmt: skip
    return Report(
        kind="tiering",
        title=title,
        sub=f"For {day_of_text(plan['at'])}. {first_sentence(plan)}",
        chapters=(Chapter(title=title, anchor="plan", sections=sections),),
        closing=made_of(data),
        data=data,
    )


def _answers(plan: Data) -> Iterator[Answer]:
    yield Answer(
        number=si_bytes(plan["bytes"]),
        what="to be copied",
        band=f"in {plural(plan['copies'], 'copy', 'copies')}, each read back and matched",
    )
    for cost in sorted(plan["costs"], key=lambda cost: -float(cost["once"]))[:2]:
        if not cost["once"] and len(plan["costs"]) > 1:
            continue
        change = cost["storage_per_month"] - cost["saved_per_month"]
        word = "more" if change >= 0 else "less"
        yield Answer(
            number=money(cost["once"], cost["currency"]),
            what="once",
            band=f"then {money(abs(change), cost['currency'])} {word} each month",
        )
    hours = plan["hours"]
    if plan["copies"]:
        yield Answer(
            number="not known" if hours is None else duration(hours),
            what="of copying",
            band="no rate was measured yet" if hours is None else "at the rates measured before",
        )
    if not plan["removals"]:
        return
    yield Answer(
        number=count(plan["removals"]),
        what="copy removed" if plan["removals"] == 1 else "copies removed",
        band=f"{si_bytes(plan['removed_bytes'])}, each once the others were read again",
    )


def _questions(data: Data) -> Questions:
    asked: tuple[tuple[str, _Sentences, str], ...] = (
        ("What is to be moved?", move_sentences, "flows"),
        ("What does it cost?", money_sentences, "flows"),
        ("How long does it take?", hours_sentences, "flows"),
        ("What is refused, by which guard?", refused_sentences, "refused"),
        ("What is not worth its price?", worth_sentences, "refused"),
        ("What stays below the policy?", blocked_sentences, "refused"),
    )
    done = Asked(
        question="What was done until now?", sentences=tuple(done_sentences(data["history"])), more="done"
    )
    return Questions(
        asked=(
            *(
                Asked(question=question, sentences=told, more=more)
                for question, sentences, more in asked
                if (told := tuple(sentences(data["plan"])))
            ),
            done,
        )
    )


def _flows(data: Data) -> Iterator[Block]:
    plan = data["plan"]
    if not plan["flows"]:
        yield Words(text="Nothing is moved, so there is nothing to draw.")
        return
    yield flows_shown(data)
    yield costs_table(data)
    yield moves_folded(data)


def _refused(data: Data) -> Iterator[Block]:
    plan = data["plan"]
    found = [
        make(data)
        for key, make in (
            ("refused", refused_table),
            ("not_worth", worth_table),
            ("blocked", blocked_table),
            ("due", due_table),
        )
        if plan[key]
    ]
    yield from found
    if not found:
        yield Words(text="Nothing is refused, blocked or due, and nothing is left where it is for its price.")


def _done(data: Data) -> Iterator[Block]:
    yield Words(text=" ".join(done_sentences(data["history"])))
    yield from history_blocks(data)


def _apply(plan: Data) -> Iterator[Block]:
    if plan["file"]:
        yield Words(
            text="The plan is made so exactly as it stands here, or it is refused: where what is held has "
            "changed since, a new one is made."
        )
        yield Command(text=f"holdfast tier apply {plan['file']}")
    else:
        yield Words(
            text="This plan was made for this report alone. The same, kept in a file, and then made so:"
        )
        yield Command(text="holdfast tier plan -o plan.json\nholdfast tier apply plan.json")
