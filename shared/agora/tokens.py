"""Agora RTC tokens: who may enter which channel, as which uid, for how long; signed with the App Certificate.

007 is Agora's present format and written here to the published vectors. 006 is the older one, still accepted by
every SDK, and comes from the `agora-token-builder` package: set AGORA_TOKEN_VERSION=006 for it.
"""

import base64
import hmac
import re
import secrets
import struct
import time
import zlib
from collections.abc import Mapping
from typing import Any, Literal, Protocol

Role = Literal["publisher", "subscriber"]

JOIN, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA = 1, 2, 3, 4
PRIVILEGES: Mapping[Role, tuple[int, ...]] = {
    "publisher": (JOIN, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA),
    "subscriber": (JOIN,),
}
ROLE_NUMBER_006: Mapping[Role, int] = {"publisher": 1, "subscriber": 2}

OLDER_FORMAT, PRESENT_FORMAT = "006", "007"
RTC_SERVICE = 1
LONGEST_LIFETIME_SECONDS = 24 * 3600
LARGEST_UID = 2**32 - 1
LONGEST_CHANNEL_BYTES = 63  # Agora: "less than 64 bytes"

_HEX_32 = re.compile(r"[0-9A-Fa-f]{32}")
_CHANNEL = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]+")


class TokenInputRefused(ValueError):
    """A token was asked for that Agora would not accept; the sentence says which part is wrong."""


class TokenSettings(Protocol):
    """What signing needs to know: see `AgoraSettings`."""

    @property
    def agora_app_id(self) -> str: ...

    @property
    def agora_app_certificate(self) -> str: ...

    @property
    def agora_token_version(self) -> str: ...


def build_token(settings: TokenSettings, channel: str, uid: int, role: Role, lifetime_seconds: int) -> str:
    """A token that lets `uid`, and nobody else, into `channel` for `lifetime_seconds` from now.

    Bad input is refused here, because Agora's own builders sign anything (or return an empty text) and the
    mistake only shows when somebody cannot join. The wildcard uid 0 is bad input: it would fit everybody.
    """
    _refuse_bad_input(settings, channel, uid, role, lifetime_seconds)
    now = int(time.time())
    if settings.agora_token_version == OLDER_FORMAT:
        return _token_006(settings, channel, uid, role, expires_at=now + lifetime_seconds)
    return token_007(
        settings.agora_app_id,
        settings.agora_app_certificate,
        channel,
        uid,
        privileges=dict.fromkeys(PRIVILEGES[role], lifetime_seconds),
        lifetime_seconds=lifetime_seconds,
        issued_at=now,
        salt=secrets.randbelow(99_999_999) + 1,
    )


def token_007(
    app_id: str,
    app_certificate: str,
    channel: str,
    uid: int,
    *,
    privileges: Mapping[int, int],
    lifetime_seconds: int,
    issued_at: int,
    salt: int,
) -> str:
    """The 007 text for exactly these values. Every lifetime counts in seconds from `issued_at`."""
    service = (
        struct.pack("<HH", RTC_SERVICE, len(privileges))
        + b"".join(struct.pack("<HI", *privilege) for privilege in sorted(privileges.items()))
        + _text(channel)
        + _text(str(uid) if uid else "")  # an empty uid is Agora's wildcard
    )
    info = _text(app_id) + struct.pack("<IIIH", issued_at, lifetime_seconds, salt, 1) + service
    key = hmac.digest(struct.pack("<I", issued_at), app_certificate.encode(), "sha256")
    key = hmac.digest(struct.pack("<I", salt), key, "sha256")
    signature = hmac.digest(key, info, "sha256")
    packed = zlib.compress(struct.pack("<H", len(signature)) + signature + info)
    return PRESENT_FORMAT + base64.b64encode(packed).decode()


def _token_006(settings: TokenSettings, channel: str, uid: int, role: Role, *, expires_at: int) -> str:
    import agora_token_builder  # only those who ask for 006 pay for it

    builder: Any = agora_token_builder.RtcTokenBuilder  # type: ignore[attr-defined]
    who = (settings.agora_app_id, settings.agora_app_certificate, channel, uid)
    return str(builder.buildTokenWithUid(*who, ROLE_NUMBER_006[role], expires_at))


def _refuse_bad_input(
    settings: TokenSettings, channel: str, uid: int, role: Role, lifetime_seconds: int
) -> None:
    for name in ("agora_app_id", "agora_app_certificate"):
        if not _HEX_32.fullmatch(getattr(settings, name)):
            raise TokenInputRefused(f"{name.upper()} must be 32 hexadecimal digits.")
    if settings.agora_token_version not in (OLDER_FORMAT, PRESENT_FORMAT):
        raise TokenInputRefused("AGORA_TOKEN_VERSION must be 007 or 006.")
    if not _CHANNEL.fullmatch(channel) or len(channel) > LONGEST_CHANNEL_BYTES:
        raise TokenInputRefused("A channel name is 1 to 63 of the characters that Agora allows.")
    if isinstance(uid, bool) or not isinstance(uid, int) or not 1 <= uid <= LARGEST_UID:
        raise TokenInputRefused("A uid is a whole number from 1 to 4294967295.")
    if role not in PRIVILEGES:
        raise TokenInputRefused("A role is publisher or subscriber.")
    if not 1 <= lifetime_seconds <= LONGEST_LIFETIME_SECONDS:
        raise TokenInputRefused("A token lives from 1 second to 24 hours.")


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<H", len(encoded)) + encoded
