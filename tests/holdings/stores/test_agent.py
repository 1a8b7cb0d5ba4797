"""Every request to a server says whose it is, so that its log tells them from people's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from holdings.errors import HoldfastError
from holdings.settings.model import StoreSettings
from holdings.stores.agent import OURS_BEGINS
from holdings.stores.s3 import open_s3


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server that says no to everything, and whom it heard."""
    agents: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            agents.append(self.headers["User-Agent"])
            self.send_error(403)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", agents
        server.shutdown()
        thread.join()


def test_both_clients_name_themselves(asked: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for word in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(word, "any")
    endpoint, agents = asked
    store = open_s3(
        StoreSettings(
            name="cold", url="s3://b", tier="cold", domain="a", price_sheet="x", endpoint=endpoint, region="x"
        )
    )
    for ask in (
        lambda: store.head("k"),
        lambda: list(store.list()),
        lambda: list(store.get("k")),
        lambda: store.told_sum("k"),
    ):
        with pytest.raises(HoldfastError):
            ask()
    store.close()
    assert len(agents) >= 4
    assert all(agent.startswith(OURS_BEGINS) for agent in agents), agents
