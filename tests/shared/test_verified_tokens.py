"""A token that was verified is known for a minute, and no more of them than there is room for."""

import time
from typing import Any

import pytest

from shared import tokens
from shared.auth import BadToken, Caller
from shared.tokens import identify

from .token_steps import SOMEBODY, bearer, token


class CountedVerify:
    """`verify`, and how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self._verify = tokens.verify
        monkeypatch.setattr(tokens, "verify", self)

    async def __call__(self, credential: str) -> dict[str, Any]:
        self.times += 1
        return await self._verify(credential)


@pytest.mark.usefixtures("project")
async def test_a_token_is_verified_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures are the dearest part of a request; the same token a moment later is the same person."""
    verified, credential = CountedVerify(monkeypatch), token()

    callers = [await identify(bearer(credential)) for _ in range(3)]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + tokens.VERIFIED_FOR_S + 1)
    callers.append(await identify(bearer(credential)))

    assert [Caller(SOMEBODY, "client@demo.test", credential)] * 4 == callers
    assert 2 == verified.times


@pytest.mark.usefixtures("project")
async def test_a_cached_token_expires_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caching adds nothing to its life; the leeway for clocks is the verifier's."""
    verified, credential = CountedVerify(monkeypatch), token(exp=int(time.time()) - 5)

    for _ in range(2):
        await identify(bearer(credential))

    assert 2 == verified.times


@pytest.mark.usefixtures("project")
async def test_the_cache_holds_whole_tokens_and_only_valid_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A token that differs in its signature alone is another token; a bad one is bad each time."""
    credential = token()
    await identify(bearer(credential))
    header, payload, signature = credential.split(".")
    verified = CountedVerify(monkeypatch)

    for _ in range(2):
        with pytest.raises(BadToken):
            await identify(bearer(f"{header}.{payload}.{signature[::-1]}"))

    assert 2 == verified.times


@pytest.mark.usefixtures("project")
async def test_the_cache_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "VERIFIED_TOKENS_LIMIT", 2)

    for person in range(5):
        await identify(bearer(token(session_id=str(person))))

    assert 2 == len(tokens._verified)
