"""Fixtures of the kit, for every test; how Hypothesis runs on machines that are sometimes slow."""

import os

from hypothesis import settings

from tests.kit.engines import catalogue, engine, open_catalogue
from tests.kit.postgres import postgres, postgres_server
from tests.kit.seaweed import seaweed

__all__ = ["catalogue", "engine", "open_catalogue", "postgres", "postgres_server", "seaweed"]

# A deadline measures the machine, not the code. In CI the same commit gets the same examples.
settings.register_profile("holdfast", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("holdfast")
