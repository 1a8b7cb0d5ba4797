"""Fixtures of the kit, for every test; how Hypothesis runs on machines that are sometimes slow."""

import os

from hypothesis import settings

from tests.kit.seaweed import seaweed

__all__ = ["seaweed"]

# A deadline measures the machine, not the code. In CI the same commit gets the same examples.
settings.register_profile("holdfast", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("holdfast")
