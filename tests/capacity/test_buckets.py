"""A plan as buckets: what is computed by hand, and a sentence for each plan that is about something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr

from capacity.buckets import Band, PlannedBuckets, planned_buckets
from capacity.ensemble import project
from holdings.errors import BadInput
from holdings.settings import read_settings
from holdings.settings.places import is_aws
from tests.capacity.scenarios import PLAIN, a_scenario
from tests.terraform.planned import AT_HOME, IN_AWS, write_settings
from tiering.policy import read_policy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plan")


@pytest.fixture(scope="module")
def result(folder: Path) -> xr.Dataset:
    # 20 months from July: two years of the plan, the second one not whole.
    text = PLAIN.replace("2027-01", "2027-07").replace("months = 7", "months = 20")
    return project(a_scenario(folder, text), draws=2)


def buckets(folder: Path, ds: xr.Dataset, stores: str = IN_AWS, *, year: int | None = None) -> PlannedBuckets:
    settings = read_settings(write_settings(folder, stores))
    return planned_buckets(ds, settings, read_policy(settings.policy), year=year)


def test_bytes_and_requests_are_those_computed_by_hand(folder: Path, result: xr.Dataset) -> None:
    """11 objects of 3 images of 13 MB a month; cold takes them in the third month."""
    found = buckets(folder, result)
    hot, cold = (each.expected for each in found.buckets)
    assert hot is not None
    assert cold is not None
    month, days = 11 * 3 * 13_000_000, 366  # from July 2027 to June 2028
    assert found.year == 2028
    assert hot.bytes == Band(p50=12 * month, p95=12 * month)
    assert cold.bytes == Band(p50=10 * month, p95=10 * month)
    read_again = float(result["requests_fan"].sel(store="hot", quantile=0.5)[0])
    assert hot.requests_per_day.p50 == -(-int(read_again) // days)


def test_the_last_year_need_not_be_whole(folder: Path, result: xr.Dataset) -> None:
    found = buckets(folder, result, year=2029)
    hot = found.buckets[0].expected
    assert hot is not None
    assert hot.bytes.p50 == 20 * 11 * 3 * 13_000_000


def test_names_days_and_places_are_those_of_settings_and_policy(folder: Path, result: xr.Dataset) -> None:
    hot, cold = buckets(folder, result).buckets
    assert (hot.bucket, hot.prefix, hot.tier, hot.domain) == ("nhmuk-hot", "", "hot", "aws-london")
    assert (cold.bucket, cold.prefix, cold.region) == ("nhmuk-cold", "archive/", "eu-central-1")
    assert (hot.settle_days, hot.transition_days) == (7, 14), "the policy says nothing, so 7"
    assert hot.retention_days == 2, "36 hours are locked for two whole days"
    assert (hot.endpoint, cold.endpoint) == (None, None)


def test_what_is_behind_a_gateway_is_not_aws(folder: Path, result: xr.Dataset) -> None:
    assert [each.endpoint for each in buckets(folder, result, AT_HOME).buckets] == [
        "https://s3.museum.example.org",
        "https://s3.vault.example.org",
    ]


@pytest.mark.parametrize(
    ("endpoint", "yes"),
    [
        (None, True),
        ("https://s3.eu-west-2.amazonaws.com", True),
        ("https://amazonaws.com.example.org", False),
        ("https://notamazonaws.com", False),
    ],
)
def test_aws_is_known_by_its_host(endpoint: str | None, yes: bool) -> None:
    assert is_aws(endpoint) is yes


def test_a_year_in_which_nothing_comes_expects_nothing(folder: Path, tmp_path: Path) -> None:
    late = project(a_scenario(tmp_path, days=4000), draws=2)
    settings = read_settings(write_settings(tmp_path))
    found = planned_buckets(late, settings, read_policy(settings.policy), year=None)
    assert [each.expected is None for each in found.buckets] == [False, True]


COLD_FOLDER = """
[stores.cold]
url = "file:cold"
tier = "cold"
domain = "there"
price_sheet = "cold"
"""
HOT_FOLDER = """
[stores.hot]
url = "file:hot"
tier = "hot"
domain = "here"
price_sheet = "hot"
"""
SPARE = """
[stores.spare]
url = "s3://spare"
region = "eu-west-2"
tier = "cold"
domain = "somewhere"
price_sheet = "cold"
"""
HOT_ONLY = IN_AWS.partition("[stores.cold]")[0]


def test_what_gets_no_bucket_is_named(folder: Path, result: xr.Dataset) -> None:
    found = buckets(folder, result, HOT_ONLY + COLD_FOLDER + SPARE)
    assert [each.store for each in found.buckets] == ["hot"]
    assert (found.no_buckets, found.not_planned) == (("cold",), ("spare",))


@pytest.mark.parametrize(
    ("stores", "year", "says"),
    [
        (IN_AWS, 2027, "knows nothing of 2027: its years end in 2028 to 2029"),
        (IN_AWS.replace('tier = "cold"', 'tier = "deep"'), None, "is cold in the plan and deep in"),
        (IN_AWS.replace("stores.cold", "stores.vault"), None, "The plan has a store 'cold', and"),
        (IN_AWS.replace('region = "eu-west-2"\n', ""), None, "does not say in which region"),
        (
            IN_AWS.replace("nhmuk-cold/archive", "shared/cold").replace("nhmuk-hot", "shared/hot"),
            None,
            "share the bucket shared",
        ),
        (HOT_FOLDER + COLD_FOLDER, None, "No store of the plan is in S3"),
    ],
)
def test_a_plan_about_something_else_is_refused(
    folder: Path, result: xr.Dataset, stores: str, year: int | None, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        buckets(folder, result, stores, year=year)


def test_another_policy_is_refused(result: xr.Dataset, tmp_path: Path) -> None:
    a_scenario(tmp_path, days=61)
    settings = read_settings(write_settings(tmp_path))
    with pytest.raises(BadInput, match="under another policy than"):
        planned_buckets(result, settings, read_policy(settings.policy), year=None)
