"""A house for tests: what `holdfast init` writes, read and opened as commands do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from holdings.clock import FixedClock
from holdings.house import House
from holdings.observing import Observer, nobody
from holdings.opening import open_house
from holdings.settings import read_settings
from holdings.settings.template import write_template

CATALOGUE: str | None = None
"""What stands under [catalogue] instead of the file's path; `tests.kit.engines` sets it."""
TEST_TIME = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When a test happens that does not say otherwise."""


def a_house(
    folder: Path,
    *,
    at: datetime | None = None,
    stores: str | None = None,
    observer: Observer = nobody,
    agent: str = "test",
) -> House:
    """A new house in `folder` (or the one that is there), opened at a time that stands still.

    at : None means TEST_TIME.
    stores : TOML tables `[stores.hot]`, `[stores.cold]` … instead of the two local folders.
    """
    path = folder / "holdfast.toml"
    if not path.exists():
        write_template(folder)
        if stores is not None:
            path.write_text(with_stores(path.read_text(), stores))
        if CATALOGUE is not None:
            path.write_text(with_catalogue(path.read_text(), CATALOGUE))
    return open_house(read_settings(path), clock=FixedClock(at or TEST_TIME), observer=observer, agent=agent)


def with_stores(settings: str, stores: str) -> str:
    """The text of a `holdfast.toml` with other stores."""
    before, _, rest = settings.partition("[stores.hot]")
    _, _, after = rest.partition("[catalogue]")
    return f"{before}{stores}\n\n[catalogue]{after}"


def with_catalogue(settings: str, catalogue: str) -> str:
    """The text of a `holdfast.toml` with its catalogue elsewhere."""
    return settings.replace('path = "catalogue/catalogue.duckdb"', catalogue)


def s3_stores(endpoint: str, *, hot: str, cold: str, region: str = "us-east-1") -> str:
    """TOML tables of two buckets for `a_house`; the secrets come from the environment."""
    return "\n".join(
        f"""[stores.{name}]
url = "s3://{bucket}"
endpoint = "{endpoint}"
region = "{region}"
tier = "{name}"
domain = "provider-{name}"
price_sheet = "{sheet}"
"""
        for name, bucket, sheet in (("hot", hot, "s3-standard"), ("cold", cold, "s3-deep-archive"))
    )
