"""Reading an address that a stranger wrote down, without being led into our own network.

Every hop of a redirection is resolved once, each of its addresses is checked, and the connection
goes to the address that was checked: a name that means another machine a moment later changes
nothing. Proxies of the environment are not used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from archive.validating.interface import Problem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
_HOPS = 5
_SECONDS = 30.0
"""That a server may be silent."""
_CHUNK_BYTES = 1024 * 1024
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is somewhere in the world and not a machine of our own network.

    An IPv4 address within an IPv6 one (mapped, 6to4, Teredo, NAT64) counts as what it leads to.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        found = [one for one in inner if one is not None]
        if found:
            return all(map(is_public, found))
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_loopback or address.is_unspecified
    )


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Reads http and https addresses."""

    allows: Callable[[Address], bool] = is_public
    resolve: Resolve = resolve

    def read(self, url: str) -> Iterator[bytes]:
        """The bytes at `url`, redirections followed. Raises Problem with why not."""
        try:
            with closing(self._open(url)) as answer:
                while chunk := answer.read(_CHUNK_BYTES):
                    yield chunk
        except (OSError, http.client.HTTPException, ValueError) as broken:
            raise Problem("fetch-failed", f"could not be read: {broken.__class__.__name__}") from None

    def _open(self, url: str) -> http.client.HTTPResponse:
        was_secure = False
        for _ in range(_HOPS):
            parts = urlsplit(url)
            _check_scheme(parts, was_secure=was_secure)
            was_secure = parts.scheme == "https"
            answer = self._ask(parts)
            if answer.status not in _REDIRECTS:
                return _checked(answer)
            answer.close()
            url = urljoin(url, answer.headers.get("Location", ""))
        raise Problem("fetch-failed", f"is redirected more than {_HOPS} times")

    def _ask(self, parts: SplitResult) -> http.client.HTTPResponse:
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
        connection.default_port = _PORTS[parts.scheme]
        connection.sock = self._connect(host, port, secure=parts.scheme == "https")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            # Without keep-alive the answer owns the connection, and closing it is enough.
            connection.request("GET", path, headers={"Accept-Encoding": "identity", "Connection": "close"})
            return connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def _connect(self, host: str, port: int, *, secure: bool) -> socket.socket:
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in self.resolve(host, port)]
        refused = [address for address in addresses if not self.allows(address)]
        if refused or not addresses:
            raise Problem("fetch-refused", f"was not read: {host[:80]!a} is {_where(refused)}")
        plain = socket.create_connection((str(addresses[0]), port), timeout=_SECONDS)
        if not secure:
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _where(refused: list[Address]) -> str:
    return f"{refused[0]}, no address of the public network" if refused else "no address at all"


def _check_scheme(parts: SplitResult, *, was_secure: bool) -> None:
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Problem("fetch-refused", f"was not read: only http and https are, not {parts.scheme[:20]!a}")
    if was_secure and parts.scheme != "https":
        raise Problem("fetch-refused", "was not read: https was redirected to http")
    if parts.username is not None or parts.password is not None:
        raise Problem("fetch-refused", "was not read: its URL holds a name or a password")


def _checked(answer: http.client.HTTPResponse) -> http.client.HTTPResponse:
    encoding = answer.headers.get("Content-Encoding", "identity")
    if answer.status == http.client.OK and encoding == "identity":
        return answer
    answer.close()
    what = f"answered {answer.status}" if answer.status != http.client.OK else "sent it packed"
    raise Problem("fetch-failed", f"could not be read: the server {what}")
