"""Agora tokens: what we sign is what Agora's own builder signs, and nothing that Agora would refuse."""

import base64
import subprocess
import sys
import zlib
from dataclasses import dataclass

import pytest

from local.agora.tokens import TokenRefused, check_token
from shared.agora.tokens import TokenInputRefused, build_token, token_007

APP_ID = "970CA35de60c44645bbae8a215061b33"
CERTIFICATE = "5CFd2fd1755d40ecb72977518be15d3b"
CHANNEL = "7d72365eb983485397e3e3f9d460bdda"
UID = 2882341273

# Published by Agora (AccessToken2Test), except the publisher's, which its builder made for us.
JOIN_AS_UID = (
    "007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAw"
    "MoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj"
)
JOIN_AS_ANYBODY = (
    "007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAw"
    "MoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo="
)
PUBLISH_AS_UID = (
    "007eJxTYDhuGCT90E3Yo2+N3efJV5hX1K1MZAqae/Sa8UP9VXvOhfArMFiaGzg7GpumpJoZJJuYmJmYJiUlplokGhmaGpgZJhkbu38RYIhgYmBg"
    "ZABhRgYWIAbxmcAkM5hkAZMKDOYp5kbGZqapSZYWxiYWpsaW5qnGqcZplikmZgZJKSmJXAxGFhZGxiaGRubGAKizJcs="
)
INFO_OF_JOIN_AS_UID = bytes.fromhex(
    "2000393730434133356465363063343436343562626165386132313530363162333347f41000580200000100000001000100010001005802000020"
    "0037643732333635656239383334383533393765336533663964343630626464610a0032383832333431323733"
)
SIGNATURE_OF_JOIN_AS_UID = "16a0b84c5a5e82cbf74fb813d09f59c54bdac9c06120580539ac97578e958b1a"


@dataclass
class Project:
    """An Agora project, as the settings describe it."""

    agora_app_id: str = APP_ID
    agora_app_certificate: str = CERTIFICATE
    agora_token_version: str = "007"


def unpacked(token: str) -> bytes:
    """Signature and content, which must be equal everywhere; the compressed text depends on the zlib build."""
    return zlib.decompress(base64.b64decode(token[3:]))


@pytest.mark.parametrize(
    ("uid", "privileges", "official"),
    [
        (UID, {1: 600}, JOIN_AS_UID),
        (0, {1: 600}, JOIN_AS_ANYBODY),
        (UID, {4: 600, 3: 600, 2: 600, 1: 600}, PUBLISH_AS_UID),
    ],
)
def test_a_007_token_is_the_official_one(uid, privileges, official):
    """Given the same clock, salt and privileges, we sign byte for byte what Agora's builder signs."""
    token = token_007(
        APP_ID,
        CERTIFICATE,
        CHANNEL,
        uid,
        privileges=privileges,
        lifetime_seconds=600,
        issued_at=1111111,
        salt=1,
    )

    assert token.startswith("007")
    assert unpacked(official) == unpacked(token)
    if zlib.ZLIB_RUNTIME_VERSION == "1.2.13":
        assert official == token


def test_signature_and_content_stand_where_agora_puts_them():
    """The signature comes first, length before text; the rest is the signed content."""
    token = token_007(
        APP_ID,
        CERTIFICATE,
        CHANNEL,
        UID,
        privileges={1: 600},
        lifetime_seconds=600,
        issued_at=1111111,
        salt=1,
    )

    signed = unpacked(token)

    assert SIGNATURE_OF_JOIN_AS_UID == signed[2:34].hex()
    assert INFO_OF_JOIN_AS_UID == signed[34:]


@pytest.mark.parametrize("version", ["007", "006"])
def test_a_token_is_valid_for_its_channel_and_uid_only(version):
    """Channel, uid, App ID and certificate are all bound into the token, in both formats."""
    token = build_token(Project(agora_token_version=version), "session-1", 42, "publisher", 3600)

    assert token.startswith(version)
    check_token(token, APP_ID, CERTIFICATE, "session-1", 42)
    for channel, uid, certificate in [
        ("session-2", 42, CERTIFICATE),
        ("session-1", 43, CERTIFICATE),
        ("session-1", 42, "0" * 32),
    ]:
        with pytest.raises(TokenRefused):
            check_token(token, APP_ID, certificate, channel, uid)


def test_an_expired_token_is_invalid():
    """The lifetime counts from now; a moment later than that the token is dead."""
    token = build_token(Project(), "session-1", 42, "subscriber", 60)

    with pytest.raises(TokenRefused, match="expired"):
        check_token(token, APP_ID, CERTIFICATE, "session-1", 42, later_by_seconds=61)


def test_the_pinned_library_makes_the_official_006_token():
    """AGORA_TOKEN_VERSION=006 rests on this package; these are Agora's published texts for it."""
    from agora_token_builder.AccessToken import AccessToken

    built = AccessToken(APP_ID, CERTIFICATE, CHANNEL, UID)
    built.salt, built.ts = 1, 1111111
    built.addPrivilege(1, 1446455471)

    assert built.build() == (
        "006970CA35de60c44645bbae8a215061b33IACV0fZUBw+72cVoL9eyGGh3Q6Poi8bgjwVLnyKSJyOXR7dIfRBXoFHlEAABAAAAR/QQAAEAAQCvKDdW"
    )


@pytest.mark.parametrize("version", ["007", "006"])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"agora_app_id": "short"}, "AGORA_APP_ID"),
        ({"agora_app_certificate": "z" * 32}, "AGORA_APP_CERTIFICATE"),
        ({"channel": ""}, "channel"),
        ({"channel": "a" * 64}, "channel"),
        ({"channel": "Yoga à deux"}, "channel"),
        ({"channel": "tab\tbed"}, "channel"),
        ({"channel": "line\n"}, "channel"),
        ({"uid": 0}, "uid"),
        ({"uid": -1}, "uid"),
        ({"uid": 2**32}, "uid"),
        ({"uid": "7"}, "uid"),
        ({"uid": True}, "uid"),
        ({"uid": None}, "uid"),
        ({"role": "admin"}, "role"),
        ({"lifetime_seconds": 0}, "24 hours"),
        ({"lifetime_seconds": 86401}, "24 hours"),
    ],
)
def test_bad_input_is_refused_before_it_is_signed(version, change, sentence):
    """Agora's builders sign junk without a word; here the wrong part is named."""
    project = Project(agora_token_version=version)
    asked = {"channel": "session-1", "uid": 42, "role": "publisher", "lifetime_seconds": 3600}
    for name, value in change.items():
        if name in asked:
            asked[name] = value
        else:
            setattr(project, name, value)

    with pytest.raises(TokenInputRefused, match=sentence):
        build_token(project, **asked)


def test_an_unknown_version_is_refused():
    """A typo in AGORA_TOKEN_VERSION must not quietly become one of the two."""
    with pytest.raises(TokenInputRefused, match="AGORA_TOKEN_VERSION"):
        build_token(Project(agora_token_version="7"), "session-1", 42, "publisher", 3600)


def test_importing_tokens_is_cheap():
    """A function that only signs tokens does not pay for the HTTP client or the 006 package."""
    heavy = "import shared.agora.tokens, sys; print([m for m in ('httpx', 'agora_token_builder') if m in sys.modules])"

    assert subprocess.check_output([sys.executable, "-c", heavy], text=True).strip() == "[]"
