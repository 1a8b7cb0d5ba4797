"""The name under which Holdfast asks stores, so that their logs tell its requests from people's."""

from __future__ import annotations

from importlib.metadata import version

OURS_BEGINS = "holdfast/"
AGENT = f"{OURS_BEGINS}{version('holdfast')}"
