"""What an S3 server's refusal means, whichever client it was told to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from obstore.exceptions import BaseError

from holdings.errors import (
    AccessDenied,
    AlreadyExists,
    BadInput,
    Conflict,
    HoldfastError,
    NotFound,
    NotOnline,
    StoreFull,
    Transient,
    Unavailable,
)


class RangeBeyondEnd(BadInput):
    """A range was asked for that begins where the object has ended."""


_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_KINDS: dict[str, type[HoldfastError]] = {
    "404": NotFound,
    "NoSuchKey": NotFound,
    "PreconditionFailed": Conflict,
    "412": Conflict,
    "KeyTooLongError": BadInput,
    "InvalidRange": RangeBeyondEnd,
    "416": RangeBeyondEnd,
    "InvalidObjectState": NotOnline,
    "ObjectNotInActiveTierError": NotOnline,
    "QuotaExceeded": StoreFull,
    "XMinioStorageFull": StoreFull,
    "507": StoreFull,
    "401": AccessDenied,
    "403": AccessDenied,
    "AccessDenied": AccessDenied,
    "AccountProblem": AccessDenied,
    "AllAccessDisabled": AccessDenied,
    "AuthorizationHeaderMalformed": AccessDenied,
    "ExpiredToken": AccessDenied,
    "InvalidAccessKeyId": AccessDenied,
    "InvalidToken": AccessDenied,
    "NoSuchBucket": AccessDenied,
    "PermanentRedirect": AccessDenied,
    "RequestTimeTooSkewed": AccessDenied,
    "SignatureDoesNotMatch": AccessDenied,
    # Bytes that were damaged on their way, and writers who met: worth another try.
    "BadDigest": Transient,
    "ConditionalRequestConflict": Transient,
    "OperationAborted": Transient,
    "RequestTimeout": Transient,
    "SlowDown": Transient,
    "408": Transient,
    "429": Transient,
}
_SENTENCES: dict[type[HoldfastError], str] = {
    NotFound: "{key} is not in {store}.",
    AlreadyExists: "{key} is already in {store}.",
    Conflict: "{key} in {store} is no longer the version that was asked for; it was left alone.",
    BadInput: "{store} cannot have {key}: {code}.",
    RangeBeyondEnd: "{key} in {store} ends before the range that was asked for.",
    NotOnline: "{key} sleeps in a cold class of {store} and must be warmed before it is read.",
    StoreFull: "{store} has no room for {key}.",
    AccessDenied: "{store} ({place}) does not let us touch {key}: {code}.",
    Transient: "{store} ({place}) did not answer well about {key}: {code}.",
    Unavailable: "{store} ({place}) refused what was asked about {key}: {code}.",
}
_BY_CODE: dict[str, tuple[str, str]] = {
    "NoSuchBucket": (
        "The bucket of {store} ({place}) does not exist.",
        "Make it, or correct its name in the settings: Holdfast never makes or changes a bucket.",
    ),
    "InvalidAccessKeyId": (
        "{store} ({place}) does not know our access key.",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name the right profile in the settings.",
    ),
    "SignatureDoesNotMatch": (
        "{store} ({place}) does not accept our secret key.",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name the right profile in the settings.",
    ),
    # A HEAD has no body, so that no server can say why.
    "403": (
        "{store} ({place}) does not let us touch {key}: 403.",
        "Are the keys of its profile right, and may they list, read and put there?",
    ),
    "AccessDenied": (
        "{store} ({place}) does not let us touch {key}: AccessDenied.",
        "Give this identity the right to list, read and put; or set `read_only` if it shall only read.",
    ),
    "": (
        "{store} ({place}) did not answer well about {key}: no connection.",
        "Look whether the server runs and `endpoint` of the store is right, then run the same command again.",
    ),
    "PermanentRedirect": (
        "The bucket of {store} ({place}) lies in another region.",
        "Set `region` of the store in the settings.",
    ),
    "RequestTimeTooSkewed": (
        "{store} ({place}) and this machine disagree about the time.",
        "Set the clock of this machine.",
    ),
}


_ELSEWHERE = (
    "{store} ({place}) sends us elsewhere when asked about {key}: {code}.",
    "Set `endpoint` and `region` of the store to where the bucket is; a login page redirects, too.",
)
_BY_CODE |= dict.fromkeys(("301", "302", "307", "308", "AuthorizationHeaderMalformed"), _ELSEWHERE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Which store, for messages."""

    store: str
    place: str
    """Bucket and endpoint."""


@contextmanager
def told(
    place: Place, key: str, *, precondition: type[HoldfastError] = Conflict, missing: str = "NoSuchKey"
) -> Iterator[None]:
    """Says what the server's refusal means for the object.

    precondition : what a failed condition means: AlreadyExists in a put, Conflict elsewhere.
    missing : the code that a 404 without a body stands for.
    """
    try:
        yield
    except (BaseError, FileNotFoundError, BotoCoreError, ClientError) as error:
        code = _code(error)
        raise _refusal(place, key, missing if code == "404" else code, precondition, error) from error


def no_s3(place: Place, key: str) -> Unavailable:
    """What to raise where something answers that is no S3 server: nothing it says is believed."""
    return Unavailable(
        f"{place.store} ({place.place}) answered about {key} as no S3 server does; nothing was believed.",
        hint="Look what answers at `endpoint` of the store: a proxy, a login page?",
    )


def _code(error: Exception) -> str:
    """The server's code, its HTTP status where it said no more, or empty where it said nothing."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    if isinstance(error, NoCredentialsError):
        return "AccessDenied"
    found = _CODE.search(str(error)) or _STATUS.search(str(error))
    return found[1] if found else ""


def _refusal(
    place: Place, key: str, code: str, precondition: type[HoldfastError], error: Exception
) -> HoldfastError:
    kind = _KINDS.get(code) or (Transient if _may_pass(code) else Unavailable)
    if kind is Conflict:
        kind = precondition
    sentence, hint = _BY_CODE.get(code, (_SENTENCES[kind], None))
    said = {"key": key, "store": place.store, "place": place.place, "code": code}
    # Only the first paragraph: what follows in obstore's errors is its own state.
    return kind(sentence.format(**said), hint=hint, detail=str(error).split("\n\n", 1)[0])


def _may_pass(code: str) -> bool:
    return not code or code.startswith("5") or code in {"InternalError", "ServiceUnavailable"}
