"""A plan as buckets: what one year asks of each S3 store, in the words of the settings and the policy.

`terraform/` takes these as variables. Nothing is invented here: bytes and requests are the result's,
`settle_days` is the policy's, names, tiers and domains are those of `holdfast.toml`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from capacity.canning import opened
from holdings.errors import BadInput
from holdings.settings.places import is_aws
from tiering.policy import Policy

if TYPE_CHECKING:
    import xarray as xr

    from holdings.settings.model import Settings, StoreSettings

_SECONDS_PER_DAY = 86_400
_AWAKE_DAYS = 7
"""How long a bag that has settled stays awake: the other copy is removed only after this one was read
again, and a run a week is enough for that. What sleeps would have to be woken, for money."""
_GATEWAY_REGION = "us-east-1"
"""What gateways without regions expect in the signature."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """A number as the plan has it, rounded up."""

    p50: int
    p95: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What the year asks of a store."""

    bytes: Band
    """Held at the end of its fullest month."""
    requests_per_day: Band
    """Puts and gets, on average; listings come on top."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedBucket:
    """One S3 store of the settings, with what the plan expects of it."""

    store: str
    bucket: str
    prefix: str
    """What its keys begin with: empty, or ending with `/`."""
    region: str
    endpoint: str | None
    """None: AWS itself. Else the gateway, of one's own or of another provider."""
    tier: str
    domain: str
    settle_days: int
    """As the policy's guards have it."""
    transition_days: int
    """After the put, until a bag may move to a class that sleeps."""
    retention_days: int
    """For which a version is locked: as long as what was withdrawn is kept, `[withdrawals] hold`."""
    expected: Expected | None
    """None: the plan puts nothing there in that year."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedBuckets:
    """Every S3 store that settings and plan have in common, for one year."""

    year: int
    buckets: tuple[PlannedBucket, ...]
    no_buckets: tuple[str, ...]
    """Stores of the plan that are folders."""
    not_planned: tuple[str, ...]
    """S3 stores of the settings that the plan does not know."""


def planned_buckets(
    ds: xr.Dataset, settings: Settings, policy: Policy, *, year: int | None
) -> PlannedBuckets:
    """The buckets that `settings` name, with what the result `ds` expects of them.

    policy : the one that the settings name.
    year : the year of the plan that ends in this calendar year; None means the first.

    Raises BadInput where the result does not know the year, was made for other stores or under
    another policy, or where no store is in S3.
    """
    scenario = opened(ds.attrs["model"])
    if scenario.policy.sha256 != policy.sha256:
        raise BadInput(
            f"The plan '{ds.attrs['title']}' was made under another policy than {settings.policy}.",
            hint="Name the same policy in the scenario and in holdfast.toml, and run the scenario again.",
        )
    years = _years(ds)
    which = years.get(year if year is not None else min(years))
    if which is None:
        raise BadInput(
            f"The plan '{ds.attrs['title']}' knows nothing of {year}: its years end in "
            f"{min(years)} to {max(years)}.",
            hint=f"Name one of them with --year, for example --year {min(years)}.",
        )
    planned = {store.name: store.tier for store in scenario.stores}
    _same_stores(planned, settings)
    in_s3 = {name: spec for name, spec in settings.stores.items() if spec.url.startswith("s3:")}
    if not (both := {name: spec for name, spec in in_s3.items() if name in planned}):
        raise BadInput(
            f"No store of the plan is in S3: {settings.path} has {', '.join(planned)} in folders.",
            hint="Buckets are for s3:// URLs; holdfast init --s3 shows how they are written.",
        )
    _one_bucket_each(both)
    guards = policy.guards
    return PlannedBuckets(
        year=year if year is not None else min(years),
        buckets=tuple(
            _bucket(spec, settings, settle_days=guards.settle_days, expected=_expected(ds, name, which))
            for name, spec in both.items()
        ),
        no_buckets=tuple(name for name in planned if name not in in_s3),
        not_planned=tuple(name for name in in_s3 if name not in planned),
    )


def _years(ds: xr.Dataset) -> dict[int, int]:
    """The plan's years by the calendar year in which they end; the last one need not be whole."""
    months = ds["month"].values.astype("datetime64[Y]").astype(int) + 1970
    starts = range(0, len(months), 12)
    return {int(months[min(start + 11, len(months) - 1)]): number for number, start in enumerate(starts)}


def _same_stores(planned: Mapping[str, str], settings: Settings) -> None:
    for name, tier in planned.items():
        if (spec := settings.stores.get(name)) is None:
            raise BadInput(
                f"The plan has a store '{name}', and {settings.path} has none of that name.",
                hint=f"Write [stores.{name}] there, or plan with the stores that there are: "
                f"{', '.join(settings.stores)}.",
            )
        if spec.tier != tier:
            raise BadInput(
                f"The store '{name}' is {tier} in the plan and {spec.tier} in {settings.path}.",
                hint="A tier is one word in policy, settings and plan: write the same, and plan again.",
            )


def _one_bucket_each(stores: Mapping[str, StoreSettings]) -> None:
    taken: dict[tuple[str | None, str], str] = {}
    for name, spec in stores.items():
        place = (_gateway(spec), urlsplit(spec.url).netloc)
        if (other := taken.setdefault(place, name)) != name:
            raise BadInput(
                f"The stores '{other}' and '{name}' share the bucket {place[1]}.",
                hint="Give each a bucket of its own: locks, quotas and roles are a bucket's.",
            )


def _bucket(
    spec: StoreSettings, settings: Settings, *, settle_days: int, expected: Expected | None
) -> PlannedBucket:
    url = urlsplit(spec.url)
    endpoint = _gateway(spec)
    if endpoint is None and spec.region is None:
        raise BadInput(
            f"The store '{spec.name}' is in AWS, and {settings.path} does not say in which region.",
            hint=f'Write region = "…" below [stores.{spec.name}].',
        )
    return PlannedBucket(
        store=spec.name,
        bucket=url.netloc,
        prefix=f"{url.path.strip('/')}/".lstrip("/"),
        region=spec.region or _GATEWAY_REGION,
        endpoint=endpoint,
        tier=spec.tier,
        domain=spec.domain,
        settle_days=settle_days,
        transition_days=settle_days + _AWAKE_DAYS,
        retention_days=max(1, math.ceil(settings.withdrawals.hold_seconds / _SECONDS_PER_DAY)),
        expected=expected,
    )


def _gateway(spec: StoreSettings) -> str | None:
    return None if is_aws(spec.endpoint) else spec.endpoint


def _expected(ds: xr.Dataset, store: str, year: int) -> Expected | None:
    months = slice(12 * year, 12 * (year + 1))
    held = ds["bytes_held_fan"].sel(store=store).isel(month=months).max("month")
    asked = ds["requests_fan"].sel(store=store).isel(year=year) / _days(ds, months)
    found = Expected(bytes=_band(held), requests_per_day=_band(asked))
    return found if found.bytes.p95 else None


def _days(ds: xr.Dataset, months: slice) -> float:
    firsts = ds["month"].values[months].astype("datetime64[M]")
    whole = (firsts[-1] + 1).astype("datetime64[D]") - firsts[0].astype("datetime64[D]")
    return float(whole / np.timedelta64(1, "D"))


def _band(fan: xr.DataArray) -> Band:
    p50, p95 = (math.ceil(float(fan.sel(quantile=quantile))) for quantile in (0.5, 0.95))
    return Band(p50=p50, p95=p95)


# --- as Terraform takes it


def variables(planned: PlannedBuckets) -> Iterator[tuple[str, dict[str, object]]]:
    """Each root module of `terraform/` that gets variables, as a folder below it, with them."""
    in_aws = [each for each in planned.buckets if each.endpoint is None]
    behind = [each for each in planned.buckets if each.endpoint is not None]
    if in_aws:
        yield "irreplaceable", {"stores": {each.store: _of_aws(each) for each in in_aws}}
        expected = {each.store: _told(each.expected) for each in in_aws if each.expected}
        yield "disposable", {"expected": expected}
    if behind:
        yield "irreplaceable/on_premise", {"stores": {each.store: _of_gateway(each) for each in behind}}


def _of_aws(each: PlannedBucket) -> dict[str, object]:
    return {
        **_named(each),
        "settle_days": each.settle_days,
        "transition_days": each.transition_days,
    }


def _of_gateway(each: PlannedBucket) -> dict[str, object]:
    return {
        **_named(each),
        "endpoint": each.endpoint,
        "quota_bytes": each.expected.bytes.p95 if each.expected else None,
        "expected": _told(each.expected) if each.expected else None,
    }


def _named(each: PlannedBucket) -> dict[str, object]:
    return {
        "bucket": each.bucket,
        "prefix": each.prefix,
        "region": each.region,
        "tier": each.tier,
        "domain": each.domain,
        "retention_days": each.retention_days,
    }


def _told(expected: Expected) -> dict[str, object]:
    return {
        name: {"p50": band.p50, "p95": band.p95}
        for name, band in (("bytes", expected.bytes), ("requests_per_day", expected.requests_per_day))
    }
