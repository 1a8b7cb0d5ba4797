"""What is held: a report of its own, and a chapter of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Answer, Answers, Asked, Block, Chapter, Questions, Report, Section, Words
from reports.inventory.contents import kinds_shown
from reports.inventory.gathering import gather_holdings
from reports.inventory.growth import growth_blocks
from reports.inventory.health import ages_shown, below_table, damaged_table
from reports.inventory.keeping import history_table, holds_table, withdrawn_table
from reports.inventory.places import collections_table, stores_table, where_blocks
from reports.inventory.words import (
    below_sentences,
    due_sentences,
    first_sentence,
    growth_sentences,
    health_sentences,
    kept_sentences,
    sleep_sentences,
    where_sentences,
)
from reports.numbers import count, day_of_text, percent, plural, si_bytes

__all__ = ["gather_holdings", "holdings_chapter", "made_of", "view_holdings"]

Data = dict[str, Any]


def view_holdings(data: Data) -> Report:
    """The report about what is held."""
    sections = (
        Section(title="", anchor="short", blocks=(_answers(data), _questions(data))),
        Section(title="Where is it?", anchor="where", blocks=(*where_blocks(data), stores_table(data))),
        Section(title="What is below the policy, and why?", anchor="below", blocks=tuple(_below(data))),
        Section(title="Is every copy known to be good?", anchor="fixity", blocks=tuple(_fixity(data))),
        Section(title="What is it?", anchor="kinds", blocks=tuple(_kinds(data))),
        Section(title="How did it grow?", anchor="growth", blocks=tuple(_growth(data))),
        Section(title="What is on hold, what is withdrawn?", anchor="kept", blocks=tuple(_kept(data))),
        Section(title="What happened?", anchor="history", blocks=(history_table(data),)),
    )  # fmt: skip
    return Report(
        kind="holdings",
        title="What is held",
        sub=f"{day_of_text(data['made_at'])}. {first_sentence(data)}",
        chapters=(Chapter(title="What is held", anchor="held", sections=sections),),
        closing=made_of(data),
        data=data,
    )


def made_of(data: Data) -> str:
    """Who made the report, when, and of which catalogue."""
    return f"Made by {data['agent']} at {data['made_at']} from catalogue {data['catalogue_id']}."


def holdings_chapter(data: Data) -> Chapter:
    """What is held, in short, as a part of another report."""
    return Chapter(
        title="What is held",
        anchor="held",
        sections=(
            Section(
                title="How many copies are there, and where?",
                anchor="held-copies",
                blocks=(
                    *(Words(text=text) for text in _in_short(data)),
                    stores_table(data),
                    collections_table(data),
                ),
            ),
            Section(title="What happened?", anchor="held-history", blocks=(history_table(data),)),
        ),
    )


def _in_short(data: Data) -> Iterator[str]:
    yield first_sentence(data)
    if data["packages"]:
        if data["not_good"]:
            yield from health_sentences(data)
        if data["below"]:
            yield from below_sentences(data)
        else:
            yield "Every package has the copies that the policy asks for today."


def _answers(data: Data) -> Answers:
    return Answers(answers=tuple(_boxes(data)))


def _boxes(data: Data) -> Iterator[Answer]:
    yield Answer(
        number=count(data["images"]),
        what="image held" if data["images"] == 1 else "images held",
        band=f"{si_bytes(data['bytes'])} of one copy, in {plural(data['packages'], 'package')}",
    )
    whole = sum(each["bytes"] for each in data["stores"])
    places = {each["domain"] for each in data["stores"] if each["packages"]}
    yield Answer(
        number=si_bytes(whole),
        what="in all verified copies",
        band=f"{plural(data['verified'], 'copy', 'copies')} in {plural(len(places), 'domain')}",
    )
    below = sum(max(each["copies"], each["packages"]) for each in data["below"])
    yield Answer(
        number=count(below),
        what="copies or domains are wanting" if below != 1 else "copy or domain is wanting",
        band="against the policy, today",
    )
    if data["verified"]:
        yield Answer(
            number=_share_in_time(data),
            what=f"of the copies were read within {plural(data['policy']['days'], 'day')}",
            band="which is what the policy asks for",
        )


def _share_in_time(data: Data) -> str:
    share = 1 - data["due"]["copies"] / data["verified"]
    # One of a thousand is not all of them: 99.96 % must not read 100 %.
    return percent(min(share, 0.99) if data["due"]["copies"] and share > 0.99 else share)


def _questions(data: Data) -> Questions:
    asked = (
        ("Where are the holdings?", where_sentences, "where"),
        ("Is anything below the policy?", below_sentences, "below"),
        ("Is every copy good?", health_sentences, "fixity"),
        ("Is anything due to be read again?", due_sentences, "fixity"),
        ("What sleeps?", sleep_sentences, "where"),
        ("How did it grow?", growth_sentences, "growth"),
        ("What is on hold or withdrawn?", kept_sentences, "kept"),
    )
    return Questions(
        asked=tuple(
            Asked(question=question, sentences=told, more=more)
            for question, sentences, more in asked
            if (told := tuple(sentences(data)))
        )
    )


def _below(data: Data) -> Iterator[Block]:
    if data["below"]:
        yield below_table(data)
    else:
        yield Words(text="Nothing: every package has the copies that the policy asks for today.")


def _fixity(data: Data) -> Iterator[Block]:
    if data["verified"]:
        yield ages_shown(data)
    if data["damaged"]:
        yield damaged_table(data)
    else:
        yield Words(text="No copy is known to be suspect or missing.")


def _kinds(data: Data) -> Iterator[Block]:
    if data["formats"]:
        yield kinds_shown(data)
    else:
        yield Words(text="No image that is given out is held.")


def _growth(data: Data) -> Iterator[Block]:
    yield from growth_blocks(data)
    if not data["growth"]:
        yield Words(text="Nothing was deposited yet.")


def _kept(data: Data) -> Iterator[Block]:
    yield Words(text=" ".join(kept_sentences(data)))
    if data["holds"]:
        yield holds_table(data)
    if data["withdrawn"]:
        yield withdrawn_table(data)
