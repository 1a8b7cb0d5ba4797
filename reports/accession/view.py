"""The report about one deposit: how it looks, what was accepted, where it lies, what happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.accession.tables import (
    copies_table,
    events_folded,
    formats_shown,
    images_folded,
    terms_table,
)
from reports.accession.words import (
    accepted_sentences,
    first_sentence,
    format_sentences,
    happened_sentences,
    matched_sentences,
    not_shown_sentences,
    safe_sentences,
    shown_sentence,
)
from reports.document import (
    Answer,
    Answers,
    Asked,
    Block,
    Chapter,
    Command,
    Photo,
    Photos,
    Questions,
    Report,
    Section,
    Words,
)
from reports.inventory.view import made_of
from reports.numbers import count, plural, si_bytes

Data = dict[str, Any]
_EXPORTS = 3


def view_deposit(data: Data) -> Report:
    """The report of one deposit."""
    title = f"Deposit {data['deposit']}"
    sections = (
        Section(title="", anchor="short", blocks=(Answers(answers=tuple(_answers(data))), _questions(data))),
        Section(title="What does it look like?", anchor="look", blocks=tuple(_look(data))),
        Section(title="What was accepted?", anchor="accepted", blocks=tuple(_accepted(data))),
        Section(title="Where does it lie?", anchor="copies", blocks=(copies_table(data),)),
        Section(title="What happened to it?", anchor="history", blocks=tuple(_history(data))),
        Section(title="How do I get it back?", anchor="back", blocks=tuple(_back(data))),
    )
    return Report(
        kind="deposit",
        title=title,
        sub=first_sentence(data),
        chapters=(Chapter(title=title, anchor="deposit", sections=sections),),
        closing=made_of(data),
        data=data,
    )


def _answers(data: Data) -> Iterator[Answer]:
    yield Answer(
        number=count(data["images"]),
        what="image accepted" if data["images"] == 1 else "images accepted",
        band=f"{si_bytes(data['image_bytes'])}, each byte read back and matched",
    )
    if (matched := data["matched"]) is not None:
        yield Answer(
            number=count(matched["with"]),
            what="with a record",
            band=plural(matched["without"], "image has none", "images have none"),
        )
    yield Answer(
        number=count(data["fewest_copies"]),
        what="verified copy" if data["fewest_copies"] == 1 else "verified copies",
        band="of each bag, by today" if data["bag_count"] > 1 else "of the bag, by today",
    )
    yield Answer(
        number=plural(data["bag_count"], "bag"),
        what=f"of {si_bytes(data['bag_bytes'])}",
        band="each one uncompressed tar that any program unpacks",
    )


def _questions(data: Data) -> Questions:
    asked = (
        ("What was accepted?", accepted_sentences, "accepted"),
        ("What is it made of?", format_sentences, "accepted"),
        ("Which records belong to it?", matched_sentences, "accepted"),
        ("Is it safe?", safe_sentences, "copies"),
        ("What happened to it?", happened_sentences, "history"),
    )
    return Questions(
        asked=tuple(
            Asked(question=question, sentences=tuple(sentences(data)), more=more)
            for question, sentences, more in asked
        )
    )


def _look(data: Data) -> Iterator[Block]:
    if data["pictures"]:
        yield Photos(title=shown_sentence(data), photos=tuple(map(_photo, data["pictures"])))
    else:
        yield Words(text="No image of it can be shown.")
    for sentence in not_shown_sentences(data):
        yield Words(text=sentence)


def _photo(each: Data) -> Photo:
    return Photo(
        name=each["path"],
        remark=each["specimen"] or "",
        jpeg=each["jpeg"],
        width_px=each["width_px"],
        height_px=each["height_px"],
    )


def _accepted(data: Data) -> Iterator[Block]:
    yield Words(text=" ".join(accepted_sentences(data)))
    if data["formats"]:
        yield formats_shown(data)
    if data["terms"]:
        yield terms_table(data)
    yield images_folded(data)


def _history(data: Data) -> Iterator[Block]:
    yield Words(text=" ".join(happened_sentences(data)))
    yield events_folded(data)


def _back(data: Data) -> Iterator[Block]:
    yield Words(text="The whole deposit, as plain folders that any BagIt tool validates:")
    lines = [f"holdfast export {bag['package_id']} {bag['package_id']}" for bag in data["bags"][:_EXPORTS]]
    if data["bag_count"] > _EXPORTS:
        lines.append(f"and so on, for {count(data['bag_count'])} bags")
    yield Command(text="\n".join(lines))
    if data["rows"]:
        yield Words(text="One image, by the number in the list of images:")
        yield Command(text=f"holdfast get {data['rows'][0]['image_id']}")
    yield Words(text="The receipt, which says where each image begins in its tar, once more:")
    bags = " ".join(bag["package_id"] for bag in data["bags"][:_EXPORTS])
    yield Command(text=f"holdfast receipt {bags}{' …' if data['bag_count'] > _EXPORTS else ''}")
