"""Sentences made from one deposit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.numbers import count, day_of_text, joined, percent, plural, si_bytes, three

Data = dict[str, Any]


def first_sentence(data: Data) -> str:
    """What it is, whose, and of when."""
    of = f" of {data['organization']}" if data["organization"] else ""
    return (
        f"{plural(data['images'], 'image')} of the collection {data['collection']}{of}, deposited "
        f"{day_of_text(data['deposited_at'])}."
    )


def accepted_sentences(data: Data) -> Iterator[str]:
    """What was accepted."""
    bags = plural(data["bag_count"], "bag")
    yield f"{plural(data['images'], 'image')}, {si_bytes(data['image_bytes'])}, in {bags} by RFC 8493."
    if data["withdrawn"]:
        gone = plural(data["withdrawn"], "image is", "images are")
        yield f"{gone} withdrawn since, and not in this report."
    yield "What was left out, and why, is told in the receipt and in the bag itself (metadata/premis.xml)."


def format_sentences(data: Data) -> Iterator[str]:
    """Formats and dimensions."""
    if not data["formats"]:
        yield "No image of it is given out."
        return
    told = [f"{count(each['images'])} {each['media_type']}" for each in data["formats"]]
    yield f"{joined(told)}."
    known = [each for each in data["formats"] if each["median_megapixels"] is not None]
    if known:
        most = max(known, key=lambda each: each["images"])
        sides = most["smallest"]
        if most["largest"] != sides:
            sides = f"from {sides} to {most['largest']}"
        yield (
            f"The {most['media_type']} images have {three(most['median_megapixels'])} megapixels in the "
            f"median ({sides} pixels)."
        )


def matched_sentences(data: Data) -> Iterator[str]:
    """Records."""
    matched = data["matched"]
    if matched is None:
        yield "None: no record came with them, or none was matched."
        return
    without = matched["without"]
    alone = plural(without, "image has", "images have") if without else "no image has"
    share = percent(matched["with"] / max(matched["with"] + without, 1))
    yield f"{plural(matched['with'], 'image has', 'images have')} a record ({share}), {alone} none."
    yield f"The records bring {plural(len(data['terms']), 'term')} of Darwin Core and others."


def safe_sentences(data: Data) -> Iterator[str]:
    """How safe it is today."""
    fewest = data["fewest_copies"]
    bags = "the bag" if data["bag_count"] == 1 else f"each of {count(data['bag_count'])} bags"
    if not fewest:
        yield "No verified copy of something in it is known. Run holdfast verify, and holdfast repair."
    else:
        copies = plural(fewest, "verified copy", "verified copies")
        there = "There is" if fewest == 1 else "There are"
        yield f"{there} at least {copies} of {bags}, read back whole and matched."
    bad = [each for each in data["copies"] if each["status"] in ("suspect", "missing")]
    if bad:
        yield f"{plural(len(bad), 'copy is', 'copies are')} suspect or missing."


def shown_sentence(data: Data) -> str:
    """Which images are shown and how many are not."""
    shown, n = len(data["pictures"]), data["images"] - data["withdrawn"]
    if shown == n:
        return f"{'All' if n != 1 else 'The one'} {plural(n, 'image')}." if n != 1 else "The one image."
    missing = sum(each["images"] for each in data["not_shown"])
    return (
        f"Shown are {count(shown)} of {plural(n, 'image')}"
        f"{', spread evenly over the deposit' if n > shown + missing else ''}; "
        f"{count(n - shown)} are not."
    )


def not_shown_sentences(data: Data) -> Iterator[str]:
    """Why some could not be shown."""
    for each in data["not_shown"]:
        yield f"{plural(each['images'], 'image')} could not be shown: {each['because'].rstrip('.')}."


def happened_sentences(data: Data) -> Iterator[str]:
    """The history in one sentence."""
    events = data["events"]
    failed = sum(each["outcome"] != "success" for each in events)
    yield (
        f"{plural(data['event_count'], 'event')} since {day_of_text(events[0]['at'])}."
        if events
        else "Nothing yet."
    )
    if failed:
        yield f"{plural(failed, 'of them')} did not end well: see below."
