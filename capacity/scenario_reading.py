"""A scenario file, read and checked at the door: every error at once, each with its key.

```toml
title = "One herbarium"
start = "2027-01"
years = 10                                   # or months = 120
currency = "EUR"
price_year = 2026
policy = "policy.toml"                       # the very policy that `holdfast tier` runs

[object_types.herbarium-sheet]
objects_per_month = { value = "3000 to 6000", source = "…", date = 2026-02-01, confidence = "published" }
image_bytes = { p10 = "90 MB", p50 = "108 MB", p90 = "140 MB" }    # no source: reported as an assumption
bag_bytes = "1 GB"

[stores.hot]                                 # without this table: the stores of holdfast.toml
tier = "hot"
domain = "cellar"
price_sheet = "prices/local-disk.toml"
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from capacity.quantities import FACTOR
from capacity.sampling import LEAST_CHANCE
from capacity.scenario import Input, ObjectType, PlannedStore, Scenario
from capacity.scenario_file import FromCatalogue, ScenarioFile, StoreTable, TypeTable, parse_input
from capacity.sizes import measure, measured_inputs
from holdings.errors import BadInput
from holdings.house import House
from holdings.settings.prices import PriceSheet
from holdings.settings.prices_reading import read_price_sheet
from holdings.settings.problems import Parsed, Problem, nearest, parse_toml, problems_of
from tiering.policy import Policy, read_policy

_MOST_PER_YEAR = 10.0
"""Tenfold and once more each year: over a century that still fits a float."""


class _Door:
    """One reading of one file: gathers what is wrong, so that all of it is told at once."""

    def __init__(self, parsed: Parsed, text: str, house: House | None) -> None:
        self.parsed = parsed
        self.text = text
        self.house = house
        self.problems: list[Problem] = []

    def wrong(self, says: str, *place: str) -> None:
        self.problems.append(Problem(place=place, says=says))

    def scenario(self) -> Scenario:
        told = self._validated()
        policy = self._policy(told.policy)
        stores = tuple(self._stores(told))
        types = tuple(self._type(name, kind) for name, kind in told.object_types.items())
        self._check_horizon(told)
        self._check_money(told, stores)
        self._check_deposit_store(told)
        self._check_tiers(policy, [store.tier for store in self._told_stores(told).values()])
        self._check_rates(types, stores)
        self.parsed.refuse(self.problems)
        assert policy is not None  # otherwise refused above
        return Scenario(
            path=self.parsed.path,
            text=self.text,
            title=told.title,
            start=told.start,
            months=told.months or 12 * (told.years or 0),
            deposit_day=told.deposit_day,
            currency=told.currency,
            price_year=told.price_year,
            policy=policy,
            policy_text=(self.parsed.path.parent / told.policy).read_text(encoding="utf-8-sig"),
            object_types=types,
            stores=stores,
            deposit_store=self._deposit_store(told),
            catalogue_id=self._measured_in(told),
        )

    def _validated(self) -> ScenarioFile:
        try:
            return ScenarioFile.model_validate(self.parsed.data)
        except ValidationError as error:
            self.parsed.refuse(problems_of(error, ScenarioFile))
            raise  # refuse has raised: an error has problems

    def _policy(self, name: str) -> Policy | None:
        try:
            return read_policy(self.parsed.path.parent / name)
        except BadInput as error:
            self.wrong(f"cannot be used: {error.sentence.rstrip('.')}", "policy")
            return None

    def _measured_in(self, told: ScenarioFile) -> str | None:
        asked = any(isinstance(kind.image_bytes, FromCatalogue) for kind in told.object_types.values())
        return self.house.catalogue.catalogue_id if asked and self.house else None

    # --- object types

    def _type(self, name: str, kind: TypeTable) -> ObjectType:
        sizes, doubt = self._sizes_of(name, kind)

        def named(item: Input, field: str) -> Input:
            return replace(item, name=f"object_types.{name}.{field}")

        return ObjectType(
            name=name,
            collection=kind.collection or name,
            objects_per_month=named(kind.objects_per_month, "objects_per_month"),
            growth_per_year=named(kind.growth_per_year, "growth_per_year"),
            images_per_object=named(kind.images_per_object, "images_per_object"),
            image_bytes=named(sizes, "image_bytes"),
            image_bytes_doubt=named(doubt, "image_bytes_doubt"),
            packaging_overhead=named(kind.packaging_overhead, "packaging_overhead"),
            bag_bytes=kind.bag_bytes,
        )

    def _sizes_of(self, name: str, kind: TypeTable) -> tuple[Input, Input]:
        known = parse_input(1, FACTOR)
        if isinstance(kind.image_bytes, Input):
            return kind.image_bytes, kind.image_bytes_doubt or known
        place = ("object_types", name, "image_bytes")
        if self.house is None:
            self.wrong("asks the catalogue, and no house is open here", *place)
            return known, known
        asked = kind.image_bytes
        try:
            measured = measure(self.house, collection=asked.collection, law=asked.law)
        except BadInput as error:
            self.wrong(f'cannot come from = "catalogue": {error.sentence}. {error.hint}'.rstrip("."), *place)
            return known, known
        sizes, doubt = measured_inputs(
            measured, key=".".join(place), collection=asked.collection,
            catalogue_id=self.house.catalogue.catalogue_id, on=self.house.clock.now().date(),
        )  # fmt: skip
        return sizes, kind.image_bytes_doubt or doubt

    # --- stores

    def _stores(self, told: ScenarioFile) -> Iterator[PlannedStore]:
        common = replace(told.price_drift_per_year, name="price_drift_per_year")
        if not told.stores and self.house is None:
            self.wrong("are missing, and no house is open whose stores could be taken", "stores")
        for name, store in self._told_stores(told).items():
            path = self._sheet_path(store.price_sheet)
            if sheet := self._sheet(path, name):
                drift = store.price_drift_per_year
                key = f"stores.{name}.price_drift_per_year"
                yield PlannedStore(
                    name=name,
                    tier=store.tier,
                    domain=store.domain,
                    sheet=sheet,
                    sheet_text=path.read_text(encoding="utf-8-sig"),
                    price_drift_per_year=replace(drift, name=key) if drift else common,
                )

    def _told_stores(self, told: ScenarioFile) -> Mapping[str, StoreTable]:
        if told.stores or self.house is None:
            return told.stores
        return {
            name: StoreTable(tier=store.tier, domain=store.domain, price_sheet=store.price_sheet)
            for name, store in self.house.settings.stores.items()
        }

    def _sheet_path(self, named: str) -> Path:
        known = self.house.settings.price_sheets if self.house else {}
        return known.get(named) or self.parsed.path.parent / named

    def _sheet(self, path: Path, store: str) -> PriceSheet | None:
        try:
            return read_price_sheet(path)
        except BadInput as error:
            self.wrong(f"cannot be used: {error.sentence.rstrip('.')}", "stores", store, "price_sheet")
            return None

    def _deposit_store(self, told: ScenarioFile) -> str:
        """Named; or the one of the house's settings, where it is among the stores; or the first."""
        names = list(self._told_stores(told))
        usual = self.house.settings.bags.store if self.house else None
        return told.deposit_store or (usual if usual in names else names[0])

    def _check_deposit_store(self, told: ScenarioFile) -> None:
        names = self._told_stores(told)
        if told.deposit_store and told.deposit_store not in names:
            near = nearest(told.deposit_store, names)
            self.wrong(f"is '{told.deposit_store}', which is no store of the scenario{near}", "deposit_store")

    # --- rules that look at more than one key

    def _check_horizon(self, told: ScenarioFile) -> None:
        if (told.years is None) == (told.months is None):
            self.wrong("or months has to be there, and not both", "years")

    def _check_money(self, told: ScenarioFile, stores: tuple[PlannedStore, ...]) -> None:
        for store in stores:
            if store.sheet.currency != told.currency:
                theirs = f"the price sheet of store '{store.name}' is in {store.sheet.currency}"
                self.wrong(f"is {told.currency}, and {theirs}", "currency")

    def _check_tiers(self, policy: Policy | None, held: Sequence[str]) -> None:
        for tier, copies in wanted_copies(policy).items() if policy else ():
            if tier not in held:
                near = nearest(tier, set(held))
                self.wrong(f"names the tier '{tier}', which no store of the scenario has{near}", "policy")
            elif copies > held.count(tier):
                has = f"which has {held.count(tier)} stores"
                self.wrong(f"wants {copies} copies in tier '{tier}', {has}", "policy")

    def _check_rates(self, types: tuple[ObjectType, ...], stores: tuple[PlannedStore, ...]) -> None:
        rates = [kind.growth_per_year for kind in types] + [store.price_drift_per_year for store in stores]
        for rate in {rate.name: rate for rate in rates}.values():
            least, most = (
                float(end) for end in rate.law.quantile(np.array([LEAST_CHANCE, 1 - LEAST_CHANCE]))
            )
            place = rate.name.split(".")
            if least <= -1:
                told = (
                    "takes"
                    if rate.law.is_point
                    else f"({rate.written}) reaches {least:.0%} in its tail and takes"
                )
                self.wrong(
                    f"{told} everything away within a year; a rate is above -100 %, to be sure of it "
                    "write low, mode and high",
                    *place,
                )
            elif most > _MOST_PER_YEAR:
                self.wrong(
                    f"({rate.written}) reaches {most:.0%} a year; a rate is at most {_MOST_PER_YEAR:.0%}",
                    *place,
                )


def wanted_copies(policy: Policy) -> dict[str, int]:
    """The most copies that any rule wants in each tier."""
    tiers = {tier for rule in policy.rules for tier in rule.copies}
    return {tier: max(rule.copies.get(tier, 0) for rule in policy.rules) for tier in sorted(tiers)}


def read_scenario(path: Path, *, house: House | None) -> Scenario:
    """Read and check a scenario.

    house : whose stores, price sheets and measured sizes a scenario may use; None means none.

    Raises BadInput that names every key that is wrong.
    """
    parsed = parse_toml(path, missing_hint="holdfast init writes a scenario.toml to begin with.")
    return _Door(parsed, path.read_text(encoding="utf-8-sig"), house).scenario()
