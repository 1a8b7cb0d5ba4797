"""One policy for the bytes that are moved and for those that are simulated."""

from tiering.policy.model import Guards, Policy, RemovalCeilings, Rule, RunCeilings
from tiering.policy.placing import place
from tiering.policy.reading import read_policy

__all__ = ["Guards", "Policy", "RemovalCeilings", "Rule", "RunCeilings", "place", "read_policy"]
