"""Whatever answers at the endpoint may be no S3 server at all: nothing it says may be believed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from holdings.errors import AccessDenied, Transient, Unavailable
from holdings.settings.model import StoreSettings
from holdings.stores import s3_access
from holdings.stores.opening import open_store
from holdings.stores.s3 import S3Store, open_s3

LOGIN_PAGE = b"<html><body>Please log in to the guest network.</body></html>"
ENDLESS = (
    b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken>"
    b"</ListBucketResult>"
)


def spec(port: int) -> StoreSettings:
    return StoreSettings(
        name="cold",
        url="s3://bucket",
        tier="cold",
        domain="there",
        price_sheet="none",
        endpoint=f"http://127.0.0.1:{port}",
        region="us-east-1",
    )


@contextmanager
def answering(status: int, body: bytes) -> Iterator[S3Store]:
    """A store at whose endpoint every request gets the same answer."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/login")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = answer  # noqa: N815  # the parent's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        store = open_s3(spec(server.server_port))
        try:
            yield store
        finally:
            store.close()
            server.shutdown()
            serving.join()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: list(store.list("packages/")),
        lambda store: store.head("k"),
        lambda store: b"".join(store.get("k")),
        lambda store: store.get_range("k", 0, 4),
        lambda store: store.put("k", b"data"),
    ],
    ids=["list", "head", "get", "get_range", "put"],
)
def test_a_login_page_is_no_empty_bucket_and_no_damaged_object(ask: Callable[[S3Store], object]) -> None:
    with answering(200, LOGIN_PAGE) as store, pytest.raises(Unavailable) as refused:
        ask(store)
    assert "endpoint" in (refused.value.hint or "")


def test_a_listing_that_never_goes_on_ends() -> None:
    with answering(200, ENDLESS) as store, pytest.raises(Unavailable, match="broke off a listing"):
        list(store.list())


def test_a_put_that_meets_an_empty_404_misses_the_bucket() -> None:
    with answering(404, b"") as store, pytest.raises(AccessDenied, match=r"The bucket of cold .* not exist"):
        store.put("k", b"data")


@pytest.mark.parametrize("status", [301, 302, 307])
def test_whoever_redirects_is_not_followed_for_ever(status: int) -> None:
    with answering(status, b"") as store, pytest.raises(Unavailable, match="sends us elsewhere"):
        list(store.list())


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_put_that_is_redirected_is_no_put(status: int) -> None:
    with answering(status, b"") as store, pytest.raises(Unavailable):
        store.put("k", b"data")


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_access, "_READ_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        store = open_store(spec(silent.getsockname()[1]))
        began = time.monotonic()
        with pytest.raises(Transient):
            list(store.list())
        with pytest.raises(Transient):
            store.head("k")
        assert time.monotonic() - began < 60, "it is asked for ever"
        store.close()
