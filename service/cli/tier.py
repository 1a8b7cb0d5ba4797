"""`holdfast tier`: what is becomes what the policy wants. A plan is shown, then applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, say, some_named
from service.cli.crews import crew_of
from service.cli.files import write_text
from service.cli.options import AsJson, Now, Scheduler, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO, UNREACHABLE, unreachable_kinds
from service.wording import count, money_told, size, table

if TYPE_CHECKING:
    from datetime import datetime

    from holdings.house import House
    from tiering.applying import Applied
    from tiering.plan import Cost, Due, Move, Plan, Refused, Removal
    from tiering.totalling import AssertedTotals, CollectionTotals, UnderWay


SHOWN = 20
"""Of the moves, the removals and the refusals of a plan: a million packages may have a million."""


def plan(
    *,
    now: Now = None,
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the plan for `holdfast tier apply`."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Show the moves that the policy asks for: bytes, money, hours, and what is refused.

    Nothing is moved. With -o the plan is written to a file, which is exactly what
    `holdfast tier apply` takes; --json prints that same file. On the screen stand the
    first 20 of each kind.

    \b
    EXAMPLES
      holdfast tier plan
      holdfast tier plan --now +400d -o plan.json
    """
    from tiering.plan import plan_to_json

    with open_here(settings) as house:
        made = make(house, at=moment(house, now), asks=True)
    text = plan_to_json(made)
    if target is not None:
        write_text(target, text)
        then = (
            f"holdfast tier apply {target} makes it so" if made.moves or made.removals else "it moves nothing"
        )
        say(f"The plan is in {target}; {then}.")
    if as_json:
        print(text, end="")
    else:
        answer({}, plan_lines(made), as_json=False)
    return NO if made.blocked else DONE


def apply(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="What `holdfast tier plan -o` wrote.")],
    *,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="HALF", help="Make only the `copies`, or only the `removals`."),
    ] = None,
    scheduler: Scheduler = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Make exactly the moves of a plan: copy, read back, compare, record.

    A copy is removed only after the others were read again and matched. A plan that no longer
    fits what is held is refused, not adapted. Stopped at any point, the same command goes on
    where it was.

    \b
    EXAMPLES
      holdfast tier apply plan.json
      holdfast tier apply plan.json --only removals --settings remover.toml
      holdfast tier apply plan.json --scheduler tcp://10.0.0.5:8786
    """
    from holdings.allocating import share_freed_memory
    from holdings.errors import BadInput
    from tiering.applying import Only, apply_plan
    from tiering.fitting import refuse_of_another_catalogue
    from tiering.plan import read_plan
    from tiering.policy import read_policy

    if only not in (None, *Only):
        raise BadInput(f"--only is '{only}'; it takes {' or '.join(Only)}.")
    share_freed_memory()
    with open_here(settings) as house, crew_of(house, scheduler) as crew:
        policy = read_policy(house.settings.policy)
        half, plan = None if only is None else Only(only), read_plan(plan_file)
        refuse_of_another_catalogue(house, plan, origin=str(plan_file))
        applied = apply_plan(house, plan, policy, only=half, crew=crew, waits=True)
    answer(applied_document(applied), applied_lines(applied), as_json=as_json)
    return _applied_status(applied)


def status(
    *,
    now: Now = None,
    metrics: Annotated[
        Path | None,
        typer.Option("--metrics", metavar="FILE", help="Also write them for Prometheus (node_exporter)."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Say how many copies each store holds, and what is below the policy.

    \b
    EXAMPLES
      holdfast tier status
      holdfast tier status --metrics /var/lib/node_exporter/holdfast.prom
    """
    from tiering.holding import holds_on
    from tiering.planning import store_sheets
    from tiering.totalling import asleep_in, asserted_in, totals_by_collection, under_way

    with open_here(settings) as house:
        sheets = store_sheets(house)
        made = make(house, at=moment(house, now), whole=True)
        stores = _stores(house)
        held = len(holds_on(house.catalogue))
        below = sorted({move.package_id for move in made.moves} | {item.package_id for item in made.blocked})
        collections = totals_by_collection(house, frozenset(below))
        asleep = asleep_in(house, sheets)
        asserted = asserted_in(house, [name for name, number in asleep.items() if number])
        journal = under_way(house)
    document = {
        "at": made.at,
        "stores": stores,
        "packages": made.totals.packages,
        "below_policy": below,
        "due": made.due,
        "surplus": made.surplus,
        "removals": made.totals.removals,
        "holds": held,
        "collections": collections,
        "asleep": asleep,
        "asserted": asserted,
        "journal": journal,
    }
    if metrics is not None:
        lines = [*_metrics(stores, below, made, held), *_more_metrics(collections, asleep, asserted, journal)]
        write_text(metrics, "\n".join(lines) + "\n")
    hours = {name: sheets[name].amount("restore_hours") for name, number in asleep.items() if number}
    more = [*_collection_lines(collections), *_asleep_lines(asleep, hours, asserted), *_begun_lines(journal)]
    answer(document, [*_status_lines(stores, below, made), *more], as_json=as_json)
    return NO if below else DONE


def moment(house: House, now: str | None) -> datetime:
    """The time that a command stands in: the house's own, or the one that --now names."""
    from holdings.clock import parse_moment

    present = house.clock.now()
    return parse_moment(now, base=present) if now else present


def make(house: House, *, at: datetime, whole: bool = False, asks: bool = False) -> Plan:
    """The plan for the house's own policy.

    whole : with what one run may not do any more; nobody should apply it.
    asks : the stores what is locked in them, where they have Object Lock.
    """
    from tiering.planning import make_plan
    from tiering.policy import read_policy

    policy = read_policy(house.settings.policy)
    return make_plan(house, policy.for_any_run() if whole else policy, at=at, asks=asks)


def plan_lines(made: Plan) -> Iterator[str]:
    """A plan as people read it: the first few of each kind, and everything in numbers."""
    from tiering.planning import HELD_AGAIN

    yield from table([_move_row(move) for move in made.moves[:SHOWN]])
    yield from _and_more(made.moves)
    totals = made.totals
    if made.moves:
        hours = "no rate has been measured yet" if totals.hours is None else _duration(totals.hours)
        yield (
            f"{count(totals.moves, 'copy', 'copies')} to make of {count(totals.packages, 'package')}: "
            f"{size(totals.size_bytes)}, {count(totals.objects, 'object')}; time: {hours}."
        )
        yield from map(_cost_line, totals.costs)
    elif made.removals:
        yield from map(_cost_line, totals.costs)
    elif not made.blocked and not any(_is_wanted(refused) for refused in made.refused):
        yield f"No copy to make: {count(totals.packages, 'package')}, all where the policy wants them."
    for blocked in made.blocked[:SHOWN]:
        yield f"Refused: {blocked.package_id}, because {blocked.reason}"
    yield from _and_more(made.blocked)
    yield from table([_removal_row(removal) for removal in made.removals[:SHOWN]])
    yield from _and_more(made.removals)
    if made.removals:
        yield (
            f"{count(totals.removals, 'copy', 'copies')} to remove ({size(totals.removed_bytes)}), each once "
            "the others were read again."
        )
    if totals.recalls:
        yield (
            f"{count(totals.recalls, 'source')} to be woken first, up to {_duration(totals.recall_hours)}; "
            "apply asks, and goes on when it is run again."
        )
    for refused in made.refused:
        if refused.guard == HELD_AGAIN:
            yield f"Not counted: {refused.says}."
            continue
        yield (
            f"Not now ({refused.guard}): {count(refused.packages, _one_of(refused.what), refused.what)}, "
            f"{size(refused.size_bytes)}: {refused.says}."
        )
    for each in made.not_worth:
        yield (
            f"Not worth its price: {count(each.packages, 'package')}, {each.source_store} -> "
            f"{each.target_store}: costs {money_told(each.costs)} {each.currency}, "
            f"saves {money_told(each.saves)}."
        )
    yield from map(_due_line, made.due)


def _is_wanted(refused: Refused) -> bool:
    from tiering.planning import HELD_AGAIN

    return refused.what == "copies" and refused.guard != HELD_AGAIN


def _and_more(steps: Sequence[object]) -> Iterator[str]:
    if (more := len(steps) - SHOWN) > 0:
        yield f"  and {more:,} more; the file that -o writes has all, and so has --json."


def _one_of(what: str) -> str:
    return {"copies": "copy", "removals": "removal"}[what]


def _due_line(due: Due) -> str:
    return (
        f"Due to be read again: {count(due.copies, 'copy', 'copies')} in {due.store}, "
        f"{size(due.size_bytes)}; holdfast verify --store {due.store} does it."
    )


def _move_row(move: Move) -> tuple[str, ...]:
    way = f"{move.source_store} -> {move.target_store}"
    return (move.package_id, way, size(move.size_bytes), move.reason)


def _removal_row(removal: Removal) -> tuple[str, ...]:
    kept = f"{removal.store} -> (stays in {', '.join(removal.keeps)})"
    return (removal.package_id, kept, size(removal.size_bytes), removal.reason)


def _cost_line(cost: Cost) -> str:
    early = f", early deletion {money_told(cost.early_deletion)}" if cost.early_deletion else ""
    less = f", {money_told(cost.saved_per_month)} less" if cost.saved_per_month else ""
    return (
        f"Money: {money_told(cost.once)} {cost.currency} once (requests {money_told(cost.requests)}, "
        f"retrieval {money_told(cost.retrieval)}, egress {money_told(cost.egress)}{early}), "
        f"then {money_told(cost.storage_per_month)} {cost.currency} more{less} each month."
    )


def _duration(hours: float) -> str:
    return (
        f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min" if hours >= 1 / 60 else "under a minute"
    )


def applied_document(applied: Applied) -> dict[str, object]:
    """What an apply did, as `--json` shows it."""
    return {
        "plan_id": applied.plan_id,
        "complete": applied.complete,
        "done": applied.done,
        "already_done": applied.already_done,
        "failed": applied.failed,
        "removed": applied.removed,
        "kept": applied.kept,
        "left": applied.left,
        "bytes": applied.size_bytes,
        "seconds": round(applied.seconds, 3),
    }


def applied_lines(applied: Applied) -> Iterator[str]:
    """What an apply did, as people read it."""
    for move in applied.done:
        yield f"{move.package_id} is in {move.target_store}: {size(move.size_bytes)}, read back and verified."
    for failed in applied.failed:
        yield f"{failed.move.package_id} is not in {failed.move.target_store}: {failed.reason}"
    for removal in applied.removed:
        kept = ", ".join(removal.keeps)
        yield f"{removal.package_id} is removed from {removal.store}; {kept} read again and proven."
    for each in applied.kept:
        yield f"{each.removal.package_id} stays in {each.removal.store}: {each.reason}"
    hints = [*(each.hint for each in applied.failed), *(each.hint for each in applied.kept)]
    yield from (f"Try: {hint}" for hint in dict.fromkeys(hints) if hint)
    if applied.left:
        yield f"{count(applied.left, 'step')} left: the hours of the policy are over. Run the same again."
    if applied.removed or applied.kept:
        yield f"{count(len(applied.removed), 'copy', 'copies')} removed, {len(applied.kept)} kept."
    yield (
        f"{count(len(applied.done), 'copy', 'copies')} made "
        f"({size(applied.size_bytes)} in {applied.seconds:.1f} s), "
        f"{applied.already_done} made before, {len(applied.failed)} failed."
    )


def _applied_status(applied: Applied) -> int:
    kinds = {failed.kind for failed in applied.failed} | {each.kind for each in applied.kept}
    if not kinds:
        return NO if applied.left else DONE
    return UNREACHABLE if kinds <= unreachable_kinds() else NO


def _stores(house: House) -> list[dict[str, object]]:
    sizes = {package.package_id: package.size_bytes for package in house.catalogue.packages()}
    return [
        {
            "store": name,
            "tier": store.tier,
            "domain": store.domain,
            "copies": dict(Counter(copy.status.value for copy in copies)),
            "bytes": sum(sizes[copy.package_id] for copy in copies if copy.status.value != "retired"),
        }
        for name, store in house.settings.stores.items()
        for copies in [house.catalogue.copies(store=name)]
    ]


def _status_lines(stores: list[dict[str, object]], below: list[str], made: Plan) -> Iterator[str]:
    yield from table([("store", "tier", "domain", "copies", "bytes"), *map(_store_row, stores)])
    yield f"{count(len(below), 'package')} of {made.totals.packages:,} below the policy."
    yield from some_named(below)
    yield from map(_due_line, made.due)


def _metrics(stores: list[dict[str, object]], below: list[str], made: Plan, held: int) -> Iterator[str]:
    """In the text format of Prometheus, for the textfile collector of node_exporter."""
    yield "# TYPE holdfast_copies gauge"
    for store in stores:
        copies = store["copies"]
        assert isinstance(copies, dict)
        for status_word, number in sorted(copies.items()):
            labels = f'store="{store["store"]}",tier="{store["tier"]}",status="{status_word}"'
            yield f"holdfast_copies{{{labels}}} {number}"
    yield "# TYPE holdfast_bytes gauge"
    for store in stores:
        yield f'holdfast_bytes{{store="{store["store"]}",tier="{store["tier"]}"}} {store["bytes"]}'
    yield "# TYPE holdfast_copies_due gauge"
    yield from (f'holdfast_copies_due{{store="{due.store}"}} {due.copies}' for due in made.due)
    for name, number in (
        ("packages", made.totals.packages),
        ("packages_below_policy", len(below)),
        ("removals_wanted", made.totals.removals),
        ("holds", held),
    ):
        yield f"# TYPE holdfast_{name} gauge"
        yield f"holdfast_{name} {number}"


def _more_metrics(
    collections: Sequence[CollectionTotals],
    asleep: Mapping[str, int],
    asserted: Sequence[AssertedTotals],
    journal: UnderWay,
) -> Iterator[str]:
    for name in ("copies", "bytes", "below_policy"):
        yield f"# TYPE holdfast_collection_{name} gauge"
        for each in collections:
            number = each.size_bytes if name == "bytes" else getattr(each, name)
            yield f'holdfast_collection_{name}{{collection="{each.collection}",tier="{each.tier}"}} {number}'
    yield "# TYPE holdfast_copies_asleep gauge"
    yield from (f'holdfast_copies_asleep{{store="{name}"}} {number}' for name, number in asleep.items())
    yield "# TYPE holdfast_copies_asserted gauge"
    yield from (f'holdfast_copies_asserted{{store="{each.store}"}} {each.copies}' for each in asserted)
    yield "# TYPE holdfast_removals_begun gauge"
    yield f"holdfast_removals_begun {journal.removals_begun}"
    if journal.last_event_at is not None:
        yield "# TYPE holdfast_last_event_timestamp_seconds gauge"
        yield f"holdfast_last_event_timestamp_seconds {journal.last_event_at.timestamp():.0f}"


def _collection_lines(collections: Sequence[CollectionTotals]) -> Iterator[str]:
    if collections:
        rows = [
            (each.collection, each.tier, f"{each.copies:,}", size(each.size_bytes), f"{each.below_policy:,}")
            for each in collections
        ]
        yield from table([("collection", "tier", "copies", "bytes", "below"), *rows])


def _asleep_lines(
    asleep: Mapping[str, int], hours: Mapping[str, float], asserted: Sequence[AssertedTotals]
) -> Iterator[str]:
    for name, wait in hours.items():
        # A folder may stand for a tape library, and asking costs a request an object: the sheet is believed.
        yield (
            f"{count(asleep[name], 'copy', 'copies')} in {name}: waking takes {wait:g} h, says its price "
            "sheet; the store itself was not asked."
        )
    for each in asserted:
        yield (
            f"Of {count(each.copies, 'copy', 'copies')} in {each.store} the store itself told the recorded "
            f"checksums since they were last read, on {each.oldest:%Y-%m-%d} or later. That is no reading."
        )


def _begun_lines(journal: UnderWay) -> Iterator[str]:
    if journal.removals_begun:
        begun = count(journal.removals_begun, "removal")
        yield f"{begun} begun and not ended: the next apply of a plan ends it."


def _store_row(store: dict[str, object]) -> tuple[str, ...]:
    copies = store["copies"]
    assert isinstance(copies, dict)
    held = ", ".join(f"{number} {status}" for status, number in sorted(copies.items())) or "none"
    return (
        str(store["store"]),
        str(store["tier"]),
        str(store["domain"]),
        held,
        size(float(str(store["bytes"]))),
    )
