"""A store that nothing is written to: a copy kept by others, or one under examination."""

from __future__ import annotations

from collections.abc import Callable

from holdings.errors import AccessDenied
from holdings.stores.wrapper import Answer, Wrapper

_WRITES = {"put", "put_stream", "copy", "delete"}
"""`warm` is not among them: reading a cold copy needs it."""


class ReadOnlyStore(Wrapper):
    """Refuses every verb that would change what the store holds."""

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb in _WRITES:
            raise AccessDenied(
                f"{self.name} is read-only, so {key} was left as it is.",
                hint=f"The settings say so: read_only = true for the store '{self.name}'.",
            )
        return super()._ask(verb, key, call)
