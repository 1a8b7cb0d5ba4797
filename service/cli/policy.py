"""`holdfast policy`: is the file sound, what decides for a package, what would another file change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, some_named
from service.cli.options import AsJson, Now, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO
from service.cli.tier import moment
from service.wording import count, size

if TYPE_CHECKING:
    from tiering.explaining import Change
    from tiering.policy import Policy

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy file.")]


def check(policy_file: PolicyFile, *, settings: SettingsFile = None, as_json: AsJson = False) -> int:
    """Read a policy file and say what it does; warn of rules that can never match.

    Where there are settings, warn of tiers that no store of theirs is in, too.

    \b
    EXAMPLES
      holdfast policy check policy.toml
    """
    from tiering.policy import read_policy
    from tiering.policy.matching import unmatched

    policy = read_policy(policy_file)
    never = [rule.name for rule in unmatched(policy)]
    unknown = _unknown_tiers(policy, settings)
    document = {
        "policy": policy_file,
        "sha256": policy.sha256,
        "rules": policy.rules,
        "never_match": never,
        "unknown_tiers": unknown,
    }
    lines = [f"No store of the settings is in the tier '{tier}'." for tier in unknown]
    answer(document, [*_policy_lines(policy, never), *lines], as_json=as_json)
    return NO if never or unknown else DONE


def _unknown_tiers(policy: Policy, settings: Path | None) -> list[str]:
    """Tiers that no store is in; none where there are no settings to ask."""
    from holdings.errors import BadInput
    from holdings.settings.reading import find_settings, read_settings
    from tiering.planning import unknown_tiers

    try:
        found = find_settings(settings)
    except BadInput:
        if settings is not None:
            raise
        return []
    return unknown_tiers(read_settings(found), policy)


def explain(
    package_id: Annotated[str, typer.Argument(metavar="PACKAGE_ID", help="The package.")],
    *,
    now: Now = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Say in a sentence which rule decides for a package, and why.

    \b
    EXAMPLES
      holdfast policy explain nhmuk-pinned-0f3a52c1d9e4
      holdfast policy explain nhmuk-pinned-0f3a52c1d9e4 --now 2030-01-01
    """
    from tiering.explaining import explain as explain_package
    from tiering.policy import read_policy

    with open_here(settings) as house:
        policy = read_policy(house.settings.policy)
        found = explain_package(house, policy, package_id, at=moment(house, now))
    document = {
        "package_id": found.package_id,
        "rule": found.rule,
        "copies": found.held,
        "holds": found.holds,
        "sentence": found.sentence,
    }
    answer(document, [found.sentence], as_json=as_json)
    return DONE


def diff(
    one: PolicyFile,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="The one that would take its place.")],
    *,
    now: Now = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Say which packages another policy would place otherwise, with bytes and money.

    \b
    EXAMPLES
      holdfast policy diff policy.toml policy-2027.toml
    """
    from tiering.explaining import difference
    from tiering.policy import read_policy

    with open_here(settings) as house:
        changes = difference(house, read_policy(one), read_policy(other), at=moment(house, now))
    answer({"changes": changes}, _change_lines(changes), as_json=as_json)
    return NO if changes else DONE


def _policy_lines(policy: Policy, never: list[str]) -> Iterator[str]:
    for number, rule in enumerate(policy.rules, start=1):
        copies = ", ".join(f"{n} in {tier}" for tier, n in rule.copies.items())
        yield f"{number}. {rule.name}: where {rule.where}: {copies}; domains: {rule.domains}; {rule.because}"
    removal = policy.guards.removal
    if removal.allow_none:
        yield "Nothing is ever removed: guards.removal allows none."
    else:
        yield (
            f"One run removes at most {count(removal.packages, 'copy', 'copies')}, "
            f"{size(removal.size_bytes)}, and {removal.share:.1%} of a store."
        )
    for name in never:
        yield f"The rule '{name}' matches nothing: no package can be so, or a rule before it takes them all."


def _change_lines(changes: list[Change]) -> Iterator[str]:
    for change in changes:
        copies = ", ".join(f"{more:+d} in {tier}" for tier, more in change.copies.items()) or "other domains"
        money = ", ".join(_more(amount, currency) for currency, amount in change.per_month.items())
        yield (
            f"{change.before} -> {change.after}: "
            f"{count(len(change.package_ids), 'package')}, {size(change.size_bytes)}; "
            f"{copies} each{f'; {money} each month' if money else ''}."
        )
        yield from some_named(change.package_ids)
    if not changes:
        yield "No package would be placed otherwise."


def _more(amount: float, currency: str) -> str:
    if 0 < abs(amount) < 0.01:
        return f"under 0.01 {currency} {'more' if amount > 0 else 'less'}"
    return f"{amount:+,.2f} {currency}"
