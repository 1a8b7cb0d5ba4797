"""A plan is a value: the exact moves, with their bytes, money and time. What is shown is what is applied."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from holdings.clock import iso
from holdings.errors import BadInput
from holdings.records import check_package_id

PLAN_FORMAT = 2
MAX_BYTES = 2_000_000_000
_STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the catalogue said of one copy when the plan was made."""

    __pydantic_config__: ClassVar = _STRICT
    store: str
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One copy to make: a package, from where, to where, and why."""

    __pydantic_config__: ClassVar = _STRICT
    package_id: str
    source_store: str
    target_store: str
    size_bytes: int
    objects: int
    """The manifest, which is copied last, not counted."""
    rule: str
    because: str
    """The operator's reason, from the policy."""
    reason: str
    """What was found wanting: "cold has 0 of 1 copies"."""
    seen: tuple[Seen, ...]
    """Every copy of the package at planning; `apply` refuses if they differ by then."""
    recall_hours: float = 0.0
    """How long the source takes to wake; 0 for one that does not sleep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """One copy to remove, once the others are read again and proven."""

    __pydantic_config__: ClassVar = _STRICT
    package_id: str
    store: str
    size_bytes: int
    objects: int
    """The manifest, which is removed first, not counted."""
    rule: str
    because: str
    reason: str
    """Why it can be done without: "hot has 2 of 1 copies"."""
    keeps: tuple[str, ...]
    """Stores whose copies have to be proven first; all of them stay."""
    seen: tuple[Seen, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """What a guard of the policy keeps from being done now, summed up."""

    __pydantic_config__: ClassVar = _STRICT
    guard: str
    """As it is called in the policy file or the settings: `guards.removal.packages`; `held again` stands for
    a package that is lost and withdrawn, of which no copy is wanted."""
    what: str
    """`removals` or `copies`."""
    packages: int
    size_bytes: int
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotWorth:
    """Moves between tiers that cost more than they save within the policy's horizon, summed up."""

    __pydantic_config__: ClassVar = _STRICT
    source_store: str
    target_store: str
    rule: str
    currency: str
    packages: int
    size_bytes: int
    costs: float
    """Once."""
    saves: float
    """Over the horizon."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """A package that stays below the policy, and what is in the way."""

    __pydantic_config__: ClassVar = _STRICT
    package_id: str
    rule: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """Copies of one store that were last read longer ago than the policy allows."""

    __pydantic_config__: ClassVar = _STRICT
    store: str
    copies: int
    size_bytes: int
    oldest: datetime | None
    """The oldest reading among them; None where one was never read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surplus:
    """Packages with more copies in a tier than their rule asks for."""

    __pydantic_config__: ClassVar = _STRICT
    tier: str
    packages: int
    size_bytes: int
    """Of the copies that are too many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Money of one currency, from the price sheets of the stores, to the millionth."""

    __pydantic_config__: ClassVar = _STRICT
    currency: str
    requests: float
    retrieval: float
    egress: float
    """Every byte that is read, at the source and when it is read back, is taken to leave the provider."""
    storage_per_month: float
    """What the new copies add to each month's bill."""
    early_deletion: float = 0.0
    """For what is removed before the provider's minimum is over."""
    saved_per_month: float = 0.0
    """What the removed copies take from each month's bill."""

    @property
    def once(self) -> float:
        """What the plan costs, apart from what is kept."""
        return self.requests + self.retrieval + self.egress + self.early_deletion


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """The plan in a few numbers."""

    __pydantic_config__: ClassVar = _STRICT
    packages: int
    """All that were looked at."""
    moves: int
    size_bytes: int
    objects: int
    put_requests: int
    """An object of any size counts as one."""
    get_requests: int
    """With the HEAD requests, which are billed alike."""
    costs: tuple[Cost, ...]
    removals: int
    removed_bytes: int
    recalls: int
    """Moves whose source has to be woken first."""
    recall_hours: float
    """The longest of them."""
    hours: float | None
    """At the rate measured in earlier transfers; None where a target has none yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The exact moves that turn what is into what the policy wants."""

    __pydantic_config__: ClassVar = _STRICT
    format: int
    plan_id: str
    """The SHA-256 of everything else in the plan."""
    made_at: datetime
    at: datetime
    """The moment that was planned for."""
    catalogue_id: str
    policy_sha256: str
    moves: tuple[Move, ...]
    """In order of package, then target."""
    removals: tuple[Removal, ...]
    """In order of package, then store."""
    refused: tuple[Refused, ...]
    not_worth: tuple[NotWorth, ...]
    blocked: tuple[Blocked, ...]
    due: tuple[Due, ...]
    surplus: tuple[Surplus, ...]
    totals: Totals


_PLANS = TypeAdapter(Plan)


def sealed(plan: Plan) -> Plan:
    """`plan` with the identifier that its content gives."""
    return replace(plan, plan_id=_content_hash(plan))


def plan_to_json(plan: Plan) -> str:
    """The plan as text: always the same for the same plan, ending in a newline."""
    return json.dumps(_plain(plan), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_plan(path: Path) -> Plan:
    """The plan in `path`.

    Raises BadInput where the file cannot be read, is no plan, is of another format, or was
    changed after it was made.
    """
    text = _text(path)
    try:
        plan = _PLANS.validate_json(text)
    except ValidationError as error:
        raise BadInput(
            f"{path} is not a plan that this version of Holdfast reads: {_first_fault(error)}.",
            hint="holdfast tier plan -o FILE makes one.",
        ) from None
    if plan.format != PLAN_FORMAT:
        raise BadInput(f"{path} is a plan of format {plan.format}; this version reads format {PLAN_FORMAT}.")
    if plan.plan_id != _content_hash(plan):
        raise BadInput(
            f"{path} was changed after it was made: its content does not hash to its plan_id.",
            hint="holdfast tier plan -o FILE makes a new one; plans are not edited.",
        )
    for package_id in (
        *(move.package_id for move in plan.moves),
        *(removal.package_id for removal in plan.removals),
    ):
        check_package_id(package_id)
    return plan


def _content_hash(plan: Plan) -> str:
    content = _plain(plan)
    del content["plan_id"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(plan: Plan) -> dict[str, Any]:
    plain = asdict(plan)
    for moment in ("made_at", "at"):
        plain[moment] = iso(plain[moment])
    for due in plain["due"]:
        due["oldest"] = due["oldest"] and iso(due["oldest"])
    return plain


def _text(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(
            f"The plan {path} cannot be read: {error.strerror or error}.",
            hint="holdfast tier plan -o FILE makes one.",
        ) from None
    if len(data) > MAX_BYTES:
        raise BadInput(f"{path} has more than {MAX_BYTES} bytes, which no plan has.")
    return data


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place or 'the file'}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"[:300]
