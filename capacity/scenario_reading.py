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

from capacity.laws import Scaled
from capacity.overlays import Laid, find_scenario, lay
from capacity.quantities import FACTOR
from capacity.sampling import LEAST_CHANCE, correlation_root
from capacity.scenario import (
    Correlation,
    Input,
    Institution,
    Line,
    Media,
    ObjectType,
    PlannedStore,
    Ramp,
    Scenario,
)
from capacity.scenario_file import (
    WHOLE_FILE,
    FromCatalogue,
    InstitutionTable,
    LineTable,
    MediaTable,
    ScenarioFile,
    StoreTable,
    TypeTable,
    parse_input,
    usual,
)
from capacity.scenario_numbers import NUMBERS
from capacity.sizes import measure, measured_inputs
from holdings.errors import BadInput
from holdings.house import House
from holdings.settings.prices import PriceSheet
from holdings.settings.prices_reading import read_price_sheet
from holdings.settings.problems import Parsed, Problem, nearest, problems_of
from tiering.policy import Policy, read_policy

_MOST_PER_YEAR = 10.0
"""Tenfold and once more each year: over a century that still fits a float."""
_LONGEST_RAMP_YEARS = 100.0
_MONTHS_PER_DAY = 12 / 365.25


class _Door:
    """One reading of one file: gathers what is wrong, so that all of it is told at once."""

    def __init__(self, parsed: Parsed, text: str, house: House | None) -> None:
        self.parsed = parsed
        self.text = text
        self.house = house
        self.problems: list[Problem] = []

    def wrong(self, says: str, *place: str | int) -> None:
        self.problems.append(Problem(place=place, says=says))

    def scenario(self) -> Scenario:
        told = self._validated()
        policy = self._policy(told.policy)
        numbers = dict(self._numbers(told))
        stores = tuple(self._stores(told, policy, numbers))
        types = tuple(self._type(name, kind, told) for name, kind in told.object_types.items())
        lines = tuple(self._line(name, line, told) for name, line in told.lines.items())
        institutions = tuple(self._institution(name, each, told) for name, each in told.institutions.items())
        self._check_horizon(told)
        self._check_money(told, stores)
        self._check_deposit_store(told)
        self._check_tiers(policy, [store.tier for store in self._told_stores(told).values()])
        self._check_rates([*_rates(types, stores), *(numbers[name] for name in _YEARLY)])
        self._check_probabilities(
            [*(store.copy_loss_per_year for store in stores), numbers["durability.site_shock_per_year"]]
        )
        self._check_work(told)
        self._check_ramps(institutions)
        self.parsed.refuse(self.problems)
        assert policy is not None  # otherwise refused above
        scenario = Scenario(
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
            lines=lines,
            institutions=institutions,
            numbers=numbers,
            discount=told.discount,
            budget_per_year=told.budget_per_year,
            correlations=tuple(
                Correlation(first=each.between[0], second=each.between[1], rho=each.rho)
                for each in told.correlations
            ),
        )
        self._check_correlations(scenario)
        self.parsed.refuse(self.problems)
        return scenario

    def _validated(self) -> ScenarioFile:
        try:
            return WHOLE_FILE.model_validate(self.parsed.data)
        except ValidationError as error:
            self.parsed.refuse(problems_of(error, WHOLE_FILE))
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

    def _numbers(self, told: ScenarioFile) -> Iterator[tuple[str, Input]]:
        for number in NUMBERS:
            table = getattr(told, number.table) if number.table else told
            yield number.name, replace(getattr(table, number.key), name=number.name)

    # --- object types

    def _type(self, name: str, kind: TypeTable, told: ScenarioFile) -> ObjectType:
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
            size_growth_per_year=named(kind.size_growth_per_year, "size_growth_per_year"),
            format_ratios=tuple(self._ratios(name, kind, told)),
            derivatives=tuple(self._derivatives(name, kind, told)),
            objects_at_most=named(kind.objects_at_most, "objects_at_most"),
        )

    def _ratios(self, name: str, kind: TypeTable, told: ScenarioFile) -> Iterator[Input]:
        own, shared = kind.master_format, told.master_format
        place = ("object_types", name, "master_format") if own else ("master_format",)
        if not (own or shared):
            yield replace(usual(1, FACTOR), name="formats.as-written.ratio")
        for kept in own or shared or ():
            if kept in told.formats:
                yield replace(told.formats[kept].ratio, name=f"formats.{kept}.ratio")
            else:
                self.wrong(
                    f"is '{kept}', which is no format of the scenario{nearest(kept, told.formats)}", *place
                )

    def _derivatives(self, name: str, kind: TypeTable, told: ScenarioFile) -> Iterator[Input]:
        of_all = [made for made, table in told.derivatives.items() if not table.only_where_named]
        for made in of_all if kind.derivatives is None else kind.derivatives:
            if made in told.derivatives:
                yield replace(told.derivatives[made].image_bytes, name=f"derivatives.{made}.image_bytes")
            else:
                near = nearest(made, told.derivatives)
                self.wrong(
                    f"names '{made}', which is no derivative of the scenario{near}",
                    "object_types", name, "derivatives",
                )  # fmt: skip

    def _sizes_of(self, name: str, kind: TypeTable) -> tuple[Input, Input]:
        place = ("object_types", name, "image_bytes")
        self._check_sizes(name, kind)
        known = kind.image_bytes_doubt or parse_input(1, FACTOR)
        if isinstance(kind.image_bytes, FromCatalogue):
            return self._measured(kind.image_bytes, kind, place)
        if kind.pixels is not None:
            law = Scaled(kind.pixels.law, kind.bytes_per_pixel)
            written = f"{kind.pixels.written} pixels of {kind.bytes_per_pixel:g} bytes"
            return replace(kind.pixels, law=law, written=written, unit="bytes"), known
        if kind.image_bytes_mean is not None:
            return self._about_a_mean(kind.image_bytes, kind.image_bytes_mean)
        return kind.image_bytes or usual(1, FACTOR), known

    def _check_sizes(self, name: str, kind: TypeTable) -> None:
        place = ("object_types", name, "image_bytes")
        if kind.image_bytes is None and kind.pixels is None and kind.image_bytes_mean is None:
            self.wrong("is missing", *place)
        if kind.image_bytes is not None and kind.pixels is not None:
            self.wrong("and pixels both say how large an image is; write one of them", *place)
        if kind.image_bytes_mean is not None and kind.image_bytes_doubt is not None:
            self.wrong(
                "and image_bytes_doubt both say what is not known of the mean", *place[:2], "image_bytes_mean"
            )

    def _measured(
        self, asked: FromCatalogue, kind: TypeTable, place: tuple[str, str, str]
    ) -> tuple[Input, Input]:
        known = usual(1, FACTOR)
        if self.house is None:
            self.wrong("asks the catalogue, and no house is open here", *place)
            return known, known
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

    def _about_a_mean(self, spread: Input | None, mean: Input) -> tuple[Input, Input]:
        """Sizes about a mean that is itself in doubt; images are alike where nobody says how they differ."""
        if spread is None:
            return usual(1, FACTOR), mean
        return replace(spread, law=Scaled(spread.law, 1 / spread.law.moment(1))), mean

    # --- who digitises

    def _line(self, name: str, line: LineTable, told: ScenarioFile) -> Line:
        if line.object_type not in told.object_types:
            near = nearest(line.object_type, told.object_types)
            self.wrong(
                f"is '{line.object_type}', which is no object type of the scenario{near}",
                "lines", name, "object_type",
            )  # fmt: skip

        def named(item: Input, field: str) -> Input:
            return replace(item, name=f"lines.{name}.{field}")

        return Line(
            name=name,
            object_type=line.object_type,
            objects_per_day=named(line.objects_per_day, "objects_per_day"),
            working_days_per_year=named(line.working_days_per_year, "working_days_per_year"),
            uptime=named(line.uptime, "uptime"),
        )

    def _institution(self, name: str, told: InstitutionTable, file: ScenarioFile) -> Institution:
        key = f"institutions.{name}"
        for line in told.lines:
            if line not in file.lines:
                near = nearest(line, file.lines)
                self.wrong(f"is no line of the scenario{near}", "institutions", name, "lines", line)
        start = told.start or file.start
        if start < file.start:
            self.wrong("is before the scenario's own start", "institutions", name, "start")
        ramp = None
        if rises := told.ramp:
            ramp = Ramp(
                start_share=replace(rises.start_share, name=f"{key}.ramp.start_share"),
                midpoint_years=replace(rises.midpoint_years, name=f"{key}.ramp.midpoint_years"),
                width_years=replace(rises.width_years, name=f"{key}.ramp.width_years"),
            )
        return Institution(
            name=name,
            count=told.count,
            first_month=(start.year - file.start.year) * 12 + start.month - file.start.month,
            lines=tuple(
                (line, replace(n, name=f"{key}.lines.{line}")) for line, n in sorted(told.lines.items())
            ),
            ramp=ramp,
            year_spread=told.year_spread,
        )

    # --- stores

    def _stores(
        self, told: ScenarioFile, policy: Policy | None, numbers: Mapping[str, Input]
    ) -> Iterator[PlannedStore]:
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
                    exchange_rate=self._exchange_rate(sheet, told),
                    copy_loss_per_year=(
                        replace(store.copy_loss_per_year, name=f"stores.{name}.copy_loss_per_year")
                        if store.copy_loss_per_year
                        else numbers["durability.copy_loss_per_year"]
                    ),
                    shock_share=replace(
                        store.shock_share or usual(1 if store.media else 0, FACTOR),
                        name=f"stores.{name}.shock_share",
                    ),
                    audit_every_months=_audit_months(store, policy),
                    gbit_per_s=store.line or 0.0,
                    capacity_tb=(store.capacity or 0.0) / 1e12,
                    media=_media(name, store.media),
                )

    def _exchange_rate(self, sheet: PriceSheet, told: ScenarioFile) -> Input:
        rate = told.exchange_rates.get(sheet.currency)
        if sheet.currency == told.currency or rate is None:
            return replace(usual(1, FACTOR), name=f"exchange_rates.{told.currency}")
        return replace(rate, name=f"exchange_rates.{sheet.currency}")

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
            if store.sheet.currency not in (told.currency, *told.exchange_rates):
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

    def _check_work(self, told: ScenarioFile) -> None:
        """Every type is digitised by somebody: by a number of its own, or by lines."""
        worked = {line.object_type for line in told.lines.values()}
        for name, kind in told.object_types.items():
            if kind.objects_per_month.written == "" and name not in worked:
                self.wrong(
                    "is missing, and no line digitises this type", "object_types", name, "objects_per_month"
                )

    def _check_ramps(self, institutions: Sequence[Institution]) -> None:
        for each in institutions:
            if each.ramp is None:
                continue
            place = ("institutions", each.name, "ramp")
            late, wide = (
                float(item.law.quantile(np.array([0.99]))[0])
                for item in (each.ramp.midpoint_years, each.ramp.width_years)
            )
            least = float(each.ramp.width_years.law.quantile(np.array([LEAST_CHANCE]))[0])
            if least <= 0:
                self.wrong("has to be above zero, for a rise takes time", *place, "width_years")
            if late + 4 * wide > _LONGEST_RAMP_YEARS:
                years = f"{late + 4 * wide:.0f} years"
                self.wrong(
                    f"never ends: its rise takes {years}, and at most {_LONGEST_RAMP_YEARS:.0f} are meant",
                    *place,
                )

    def _check_correlations(self, scenario: Scenario) -> None:
        names = {item.name for item in scenario.every_input() if not item.law.is_point}
        for number, each in enumerate(scenario.correlations):
            for name in (each.first, each.second):
                if name not in names:
                    near = nearest(name, names)
                    self.wrong(f"names '{name}', which is no uncertain input{near}", "correlations", number)
        if scenario.correlations and not self.problems:
            try:
                correlation_root(scenario.correlations)
            except np.linalg.LinAlgError:
                self.wrong("cannot all hold at once: they contradict one another", "correlations")

    def _check_rates(self, rates: Sequence[Input]) -> None:
        for rate in {rate.name: rate for rate in rates}.values():
            least, most = (
                float(end) for end in rate.law.quantile(np.array([LEAST_CHANCE, 1 - LEAST_CHANCE]))
            )
            place = tuple(rate.name.split("."))
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

    def _check_probabilities(self, risks: Sequence[Input]) -> None:
        for risk in {risk.name: risk for risk in risks}.values():
            most = float(risk.law.quantile(np.array([1 - LEAST_CHANCE]))[0])
            if most > 1:
                told = "is more than 1" if risk.law.is_point else f"reaches {most:.3g} in its tail"
                self.wrong(f"{told}, and a probability is at most 1", *risk.name.split("."))


_YEARLY = ("inflation_per_year", "staff.raise_per_year", "energy.grid_change_per_year")


def _rates(types: Sequence[ObjectType], stores: Sequence[PlannedStore]) -> Iterator[Input]:
    for kind in types:
        yield kind.growth_per_year
        yield kind.size_growth_per_year
    for store in stores:
        yield store.price_drift_per_year


def _audit_months(store: StoreTable, policy: Policy | None) -> float:
    """Of the store; or of the policy, whose copies are due for verification after so many days."""
    if store.audit_every_months is not None:
        return store.audit_every_months
    return policy.guards.verified_within_days * _MONTHS_PER_DAY if policy else 0.0


def _media(store: str, told: MediaTable | None) -> Media | None:
    if told is None:
        return None
    key = f"stores.{store}.media"
    return Media(
        price_per_tb=replace(told.price_per_tb, name=f"{key}.price_per_tb"),
        headroom=replace(told.headroom, name=f"{key}.headroom"),
        life_years=told.life_years,
        lead_months=told.lead_months,
        installed_tb=(told.installed or 0.0) / 1e12,
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
    return scenario_from(lay(find_scenario(path)), house=house)


def scenario_from(laid: Laid, *, house: House | None) -> Scenario:
    """Check a scenario that was read, or put together from several."""
    return _Door(laid.parsed, laid.text, house).scenario()
