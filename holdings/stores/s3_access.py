"""How a bucket is reached: one client that carries bytes, one that sets conditions.

Secrets come from the environment or from the user's AWS profile, never from our settings,
and are shown nowhere. Temporary ones are fetched anew before they end.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import ProfileNotFound
from botocore.session import Session
from obstore.store import S3Store as ObstoreS3

from holdings.errors import AccessDenied, BadInput
from holdings.stores.agent import AGENT
from holdings.stores.s3_errors import Place

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Credential

    from holdings.settings.model import StoreSettings

# A server that is down must be told of within about ten seconds, retries included; a slow
# one that still sends bytes must never be cut off.
_CONNECT_SECONDS = 3
_READ_SECONDS = 20
_JOIN_SECONDS = 90
"""S3 copies a part, or joins the parts of a large object, before it answers."""
_CREDENTIALS_LIVE = timedelta(minutes=5)
"""After that they are asked for again; botocore renews those that end."""
_DEFAULT_REGION = "us-east-1"
_SIGNED_BY_ITS_SUM = {"payload_signing_enabled": False}
"""For bytes that go with a checksum: what is signed is the checksum, and bytes are hashed once for it."""


class Access:
    """The two clients of one bucket, made when they are first needed.

    may_sleep : objects may be in a class that must be woken, now or one day. Then all that can be
        asked is what the server keeps, so it gets the SHA-256 of what is put; else a CRC64NVME,
        which finds damage on the way as well and costs the sender next to nothing.
    """

    def __init__(self, spec: StoreSettings, *, may_sleep: bool = True) -> None:
        self.bucket, self.prefix = bucket_and_prefix(spec.url)
        """The prefix is what every key gets before it: empty, or ending with `/`."""
        if not self.bucket:
            raise BadInput(f"The store '{spec.name}' has the URL '{spec.url}', which names no bucket.")
        self.place = Place(
            store=spec.name, place=f"{self.bucket} at {spec.endpoint}" if spec.endpoint else self.bucket
        )
        self.completes_atomically = spec.endpoint is None
        """Whether a conditional completion holds in a race. AWS says so; no other server is believed."""
        self._spec = spec
        self._sum = "SHA256" if may_sleep else "CRC64NVME"
        self._lock = threading.Lock()

    @property
    def bytes(self) -> ObstoreS3:
        """obstore: measured several times faster than the pure-Python clients."""
        with self._lock:
            return self._obstore

    @property
    def control(self) -> Any:
        """botocore: for what obstore cannot do (see `holdings.stores.s3`)."""
        with self._lock:
            return self._botocore

    @property
    def patient(self) -> Any:
        """botocore for uploads in parts: waits longer, and asks once more, since nobody above does."""
        with self._lock:
            return self._patient

    def close(self) -> None:
        """Give back the connections."""
        for made in ("_botocore", "_patient"):
            if made in self.__dict__:
                self.__dict__[made].close()

    @cached_property
    def _session(self) -> Session:
        try:
            session = Session(profile=self._spec.profile)
            session.get_scoped_config()  # an unknown profile is told of here
        except ProfileNotFound as error:
            raise BadInput(
                f"The store '{self._spec.name}' names the profile '{self._spec.profile}', "
                "which is not in the AWS configuration.",
                hint="Name one that is there, or leave `profile` out to use the environment.",
                detail=str(error),
            ) from None
        return session

    @cached_property
    def _region(self) -> str:
        return self._spec.region or self._session.get_config_variable("region") or _DEFAULT_REGION

    def _credentials(self) -> Any:
        found = self._session.get_credentials()
        if found is None:
            raise AccessDenied(
                f"There are no credentials for the store '{self._spec.name}'.",
                hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or `profile` of the store.",
            )
        return found

    @cached_property
    def _obstore(self) -> ObstoreS3:
        credentials = self._credentials()

        def provide() -> S3Credential:
            frozen = credentials.get_frozen_credentials()
            return {
                "access_key_id": frozen.access_key,
                "secret_access_key": frozen.secret_key,
                "token": frozen.token,
                "expires_at": datetime.now(UTC) + _CREDENTIALS_LIVE,
            }

        # The checksum is among what is signed; to sign the bytes, too, is to hash them once more.
        config: S3Config = {
            "region": self._region,
            "checksum_algorithm": self._sum,
            "unsigned_payload": True,
        }
        if self._spec.endpoint:
            config["endpoint"] = self._spec.endpoint
        return ObstoreS3(
            self.bucket,
            config=config,
            credential_provider=provide,
            client_options={
                "allow_http": (self._spec.endpoint or "").startswith("http://"),
                "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
                "read_timeout": timedelta(seconds=_READ_SECONDS),
                # obstore's own default cuts every request off after 30 s, however well it runs.
                "timeout": timedelta(days=1),
                "user_agent": AGENT,
            },
            # `RetryingStore` asks again; two layers of patience would multiply.
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=1)},
        )

    @cached_property
    def _botocore(self) -> Any:
        return self._control(read_seconds=_READ_SECONDS, attempts=1)

    @cached_property
    def _patient(self) -> Any:
        return self._control(read_seconds=_JOIN_SECONDS, attempts=2, **_SIGNED_BY_ITS_SUM)

    def _control(self, *, read_seconds: float, attempts: int, **s3: bool) -> Any:
        self._credentials()
        client = self._session.create_client(
            "s3",
            region_name=self._region,
            endpoint_url=self._spec.endpoint,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=read_seconds,
                retries={"mode": "standard", "total_max_attempts": attempts},
                # Other servers than AWS store the trailers of default checksums inside the object
                # (boto3 issue 4435); we send our own SHA-256 as a plain header instead.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path" if self._spec.endpoint else "auto", **s3},
                max_pool_connections=32,
                user_agent=AGENT,
            ),
        )
        client.meta.events.register_last("before-parameter-build.s3", _stay_here)
        return client


def bucket_and_prefix(url: str) -> tuple[str, str]:
    """Of an `s3:` URL; the prefix is empty or ends with `/`."""
    parts = urlsplit(url)
    return parts.netloc, f"{parts.path.strip('/')}/".lstrip("/")


def _stay_here(context: dict[str, Any], **_: Any) -> None:
    """Take part in no redirection: botocore asks whoever redirects for the bucket's region, for ever.

    A bucket in another region is told of instead, as obstore's client does.
    """
    context.setdefault("s3_redirect", {})["redirected"] = True
