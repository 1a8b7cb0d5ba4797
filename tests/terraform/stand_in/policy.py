"""`aws_iam_policy_document`: a policy as JSON, the same text for the same statements."""

from __future__ import annotations

import json
from typing import Any

State = dict[str, Any]


def policy_json(statements: list[State]) -> str:
    """The document that AWS takes."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [_statement(item) for item in statements]}, sort_keys=True
    )


def _statement(said: State) -> State:
    told: State = {"Effect": said.get("effect") or "Allow"}
    for ours, theirs in (("sid", "Sid"), ("actions", "Action"), ("resources", "Resource")):
        if said.get(ours):
            told[theirs] = said[ours] if ours == "sid" else _one_or_many(said[ours])
    for principal in said.get("principals") or []:
        told.setdefault("Principal", {})[principal["type"]] = _one_or_many(principal["identifiers"])
    for condition in said.get("condition") or []:
        test = told.setdefault("Condition", {}).setdefault(condition["test"], {})
        test[condition["variable"]] = _one_or_many(condition["values"])
    return told


def _one_or_many(values: list[str]) -> str | list[str]:
    """As the real provider writes it: one value stands alone."""
    return values[0] if len(values) == 1 else sorted(values)
