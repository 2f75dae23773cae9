"""Open the tokens that recorders bring, as Agora would: format, signature, channel, uid, time, right to join.

Written from Agora's description and not from `shared/agora/tokens.py`, so that no mistake is made twice.
"""

import base64
import binascii
import hmac
import struct
import time
import zlib

JOIN = 1


class TokenRefused(Exception):
    """The token does not open this channel for this uid."""


class _Reader:
    """Little-endian numbers and length-prefixed texts, in the order they stand."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return int(value)

    def text(self) -> bytes:
        length = self.number("H")
        value = self.data[self.at : self.at + length]
        if len(value) != length:
            raise struct.error("text is cut short")
        self.at += length
        return value

    def privileges(self) -> dict[int, int]:
        return {self.number("H"): self.number("I") for _ in range(self.number("H"))}


def check_token(
    token: str, app_id: str, certificate: str, channel: str, uid: int, *, later_by_seconds: int = 0
) -> None:
    """Return if the token admits `uid` to `channel` now; otherwise refuse, saying why."""
    now = int(time.time()) + later_by_seconds
    try:
        if token.startswith("007"):
            _check_007(token, app_id, certificate, channel, uid, now)
        elif token.startswith("006"):
            _check_006(token, app_id, certificate, channel, uid, now)
        else:
            raise TokenRefused("neither a 007 nor a 006 token")
    except (struct.error, binascii.Error, zlib.error) as error:
        raise TokenRefused(f"not readable: {error}") from error


def _check_007(token: str, app_id: str, certificate: str, channel: str, uid: int, now: int) -> None:
    reader = _Reader(zlib.decompress(base64.b64decode(token[3:], validate=True)))
    signature = reader.text()
    signed = reader.data[reader.at :]
    its_app_id, issued_at, lifetime, salt = reader.text(), *(reader.number("I") for _ in range(3))
    for _ in range(reader.number("H")):
        if reader.number("H") != 1:
            raise TokenRefused("it names a service other than RTC")
        privileges, its_channel, its_uid = reader.privileges(), reader.text(), reader.text()
    key = hmac.digest(struct.pack("<I", issued_at), certificate.encode(), "sha256")
    key = hmac.digest(struct.pack("<I", salt), key, "sha256")
    expected = hmac.digest(key, signed, "sha256")
    if its_app_id != app_id.encode() or not hmac.compare_digest(signature, expected):
        raise TokenRefused("not signed with this project's certificate")
    if its_channel != channel.encode():
        raise TokenRefused("for another channel")
    if its_uid not in (b"", str(uid).encode()):
        raise TokenRefused("for another uid")
    if now >= issued_at + lifetime:
        raise TokenRefused("expired")
    if JOIN not in privileges or 0 < privileges[JOIN] <= now - issued_at:
        raise TokenRefused("without the right to join")


def _check_006(token: str, app_id: str, certificate: str, channel: str, uid: int, now: int) -> None:
    if token[3:35] != app_id:
        raise TokenRefused("for another App ID")
    reader = _Reader(base64.b64decode(token[35:], validate=True))
    signature = reader.text()
    channel_sum, uid_sum, message = reader.number("I"), reader.number("I"), reader.text()
    for its_uid in (str(uid), ""):
        signed = (app_id + channel + its_uid).encode() + message
        expected = hmac.digest(certificate.encode(), signed, "sha256")
        sums = (zlib.crc32(channel.encode()), zlib.crc32(its_uid.encode()))
        if hmac.compare_digest(signature, expected) and sums == (channel_sum, uid_sum):
            break
    else:
        raise TokenRefused("not signed for this channel and uid with this project's certificate")
    reader = _Reader(message)
    reader.number("I")  # salt
    if now >= reader.number("I"):
        raise TokenRefused("expired")
    if reader.privileges().get(JOIN, 0) <= now:
        raise TokenRefused("without the right to join")
