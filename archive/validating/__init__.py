"""Is this a valid bag? Any bag: ours or not, a folder, a tar, a gzipped tar, a zip, or in a store.

`interface` says what is found and what a bag must offer; `checks` is the policy, in its order;
`folder`, `tarred`, `unpacking`, `zipped` and `stored` are the places where a bag may lie.
"""

from __future__ import annotations

from archive.validating.interface import BagSource, Finding, Report, Severity
from archive.validating.validating import validate, validate_source

__all__ = ["BagSource", "Finding", "Report", "Severity", "validate", "validate_source"]
