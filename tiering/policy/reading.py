"""The policy file: text at the door, checked once, and every fault told with its place.

```toml
[guards]
min_copies = 1
min_domains = 1
verified_within_days = 90
settle_days = 7
removal = { packages = 1000, size = "2 TB", share = 0.05 }
run = { size = "10 TB", spend = 50, hours = "20:00-06:00" }

[[rules]]
name = "old bags also rest in cold"
where = "kind = 'bag' and age_days >= 365"
copies = { hot = 1, cold = 1 }
domains = 2
lock_days = { cold = 400 }
because = "a year after its deposit a bag must survive the loss of a site"

[[rules]]
name = "everything else is hot"
where = "true"
copies = { hot = 1 }
domains = 1
because = "it is being worked with"
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from holdings.errors import BadInput
from holdings.settings.problems import Problem, parse_toml, problems_of
from holdings.settings.quantities import parse_size
from tiering.policy.columns import COLUMN_NAMES
from tiering.policy.expression import always_true, condition_sql
from tiering.policy.model import Guards, Policy, RemovalCeilings, Rule, RunCeilings

_HINT = f"The columns of `where` are: {', '.join(COLUMN_NAMES)}."
_GUARDS_HINT = "Guards stand above every rule: change the rule, or the guard."
_Tier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
_Count = Annotated[int, Field(ge=0, le=100)]
_AtLeastOne = Annotated[int, Field(ge=1, le=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_Size = Annotated[int, BeforeValidator(parse_size)]
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def _times_of_day(text: str) -> str:
    if not _HOURS.fullmatch(text):
        raise ValueError("hours are two times of the day (UTC) such as 20:00-06:00")
    return text


class _Removal(_Strict):
    packages: Annotated[int, Field(ge=0)] = 0
    size: _Size = 0
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0

    def ceilings(self) -> RemovalCeilings:
        return RemovalCeilings(packages=self.packages, size_bytes=self.size, share=self.share)


class _Run(_Strict):
    size: _Size | None = None
    spend: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    hours: Annotated[str, AfterValidator(_times_of_day)] | None = None

    def ceilings(self) -> RunCeilings:
        return RunCeilings(size_bytes=self.size, spend=self.spend, hours=_minutes(self.hours))


def _minutes(hours: str | None) -> tuple[int, int] | None:
    found = _HOURS.fullmatch(hours) if hours else None
    if found is None:
        return None
    begin, end = (60 * int(found[n]) + int(found[n + 1]) for n in (1, 3))
    return begin, end


class _Guards(_Strict):
    min_copies: _AtLeastOne = 1
    min_domains: _AtLeastOne = 1
    verified_within_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    settle_days: Annotated[int, Field(ge=0, le=36_500)] = 7
    horizon_months: Annotated[int, Field(ge=1, le=1200)] = 36
    removal: _Removal = _Removal()
    run: _Run = _Run()

    def guards(self) -> Guards:
        return Guards(
            min_copies=self.min_copies,
            min_domains=self.min_domains,
            verified_within_days=self.verified_within_days,
            settle_days=self.settle_days,
            horizon_months=self.horizon_months,
            removal=self.removal.ceilings(),
            run=self.run.ceilings(),
        )


class _Rule(_Strict):
    name: _Line
    where: str
    copies: Annotated[dict[_Tier, _Count], Field(min_length=1)]
    domains: _AtLeastOne = 1
    because: _Line
    lock_days: dict[_Tier, Annotated[int, Field(ge=1, le=36_500)]] = {}


class _File(_Strict):
    guards: _Guards = _Guards()
    rules: Annotated[list[_Rule], Field(min_length=1, max_length=200)]


def read_policy(path: Path) -> Policy:
    """The policy in `path`.

    Raises BadInput that names the file and every fault in it: a key that is not known, a
    value out of range, a condition that is not allowed, a rule below the guards or that can
    never decide, a last rule that does not match everything.
    """
    file = parse_toml(path, missing_hint="holdfast init writes one; `policy` in holdfast.toml names it.")
    try:
        parsed = _File.model_validate(file.data)
    except ValidationError as error:
        file.refuse(problems_of(error, _File))
        raise
    policy = Policy(
        guards=parsed.guards.guards(),
        rules=tuple(Rule(**rule.model_dump()) for rule in parsed.rules),
    )
    problems = policy_problems(policy)
    in_words = any(problem.place[-1:] == ("where",) for problem in problems)
    below = any("below guards." in problem.says for problem in problems)
    file.refuse(problems, hint=_HINT if in_words else _GUARDS_HINT if below else None)
    return policy


def policy_problems(policy: Policy) -> list[Problem]:
    """What is wrong with `policy` as a whole; empty for a sound one."""
    conditions = list(_condition_problems(policy.rules))
    found = [*conditions, *_repeated_names(policy.rules), *_below_guards(policy)]
    return found if conditions else [*found, *_order_problems(policy.rules)]


def _condition_problems(rules: Sequence[Rule]) -> Iterator[Problem]:
    for number, rule in enumerate(rules):
        try:
            condition_sql(rule.where)
        except BadInput as error:
            says = error.sentence.removeprefix("The condition ").rstrip(".")
            yield _of(rule, number, "where", f"= {says}")


def _of(rule: Rule, number: int, key: str, says: str) -> Problem:
    return Problem(place=("rules", number, key), says=f"of '{rule.name}' {says}")


def _repeated_names(rules: Sequence[Rule]) -> Iterator[Problem]:
    names = [rule.name for rule in rules]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Problem(place=("rules", number, "name"), says=f"is '{name}', as another rule's is")


def _below_guards(policy: Policy) -> Iterator[Problem]:
    guards = policy.guards
    if guards.min_domains > guards.min_copies:
        says = f"is {guards.min_domains}, which guards.min_copies = {guards.min_copies} can never lie in"
        yield Problem(place=("guards", "min_domains"), says=says)
    if guards.run.hours and guards.run.hours[0] == guards.run.hours[1]:
        yield Problem(place=("guards", "run", "hours"), says="begin when they end, so that nothing ever runs")
    for number, rule in enumerate(policy.rules):
        copies = sum(rule.copies.values())
        if copies < guards.min_copies:
            says = f"are {copies} in all, below guards.min_copies = {guards.min_copies}"
            yield _of(rule, number, "copies", says)
        if rule.domains < guards.min_domains:
            says = f"is {rule.domains}, below guards.min_domains = {guards.min_domains}"
            yield _of(rule, number, "domains", says)
        for tier in rule.lock_days:
            if not rule.copies.get(tier):
                says = f"names '{tier}', where the rule wants no copies that could be locked"
                yield _of(rule, number, "lock_days", says)
        if rule.domains > copies:
            held = f"{copies} {'copy' if copies == 1 else 'copies'}"
            says = f"is {rule.domains}, which {held} can never lie in"
            yield _of(rule, number, "domains", says)


def _order_problems(rules: Sequence[Rule]) -> Iterator[Problem]:
    last = len(rules) - 1
    everything = [number for number, rule in enumerate(rules) if always_true(rule.where)]
    if last not in everything:
        says = 'has to be "true", as the last rule decides for every package that is left'
        yield _of(rules[last], last, "where", says)
    for number in everything[:1]:
        if number != last:
            says = "matches every package, so that no rule after it can ever decide"
            yield _of(rules[number], number, "where", says)
