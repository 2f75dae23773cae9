"""Callers by a key of the project: anonymous ones, and the service where that is granted."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from shared.auth import BadToken, Caller, claimed
from shared.settings import MissingSettings, ServiceSettings
from shared.tokens import identify

from .conftest import PUBLISHABLE_KEY, SECRET_KEY, Environment
from .token_steps import SOMEBODY, bearer, token


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"apikey": PUBLISHABLE_KEY},
        {"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {PUBLISHABLE_KEY}"},
        {"authorization": "Bearer "},
        {"authorization": ""},
        {"authorization": f"Bearer {token(role='anon', sub=None, aud=None)}"},
    ],
    ids=["nothing", "key alone", "key as bearer", "empty bearer", "empty header", "legacy anon key"],
)
@pytest.mark.usefixtures("project")
async def test_the_publishable_key_is_an_anonymous_caller(headers: dict[str, str]) -> None:
    """Older and newer clients send a missing session in different ways; all mean: not signed in."""
    assert await identify(headers) is None
    assert claimed(headers) is None


@pytest.mark.parametrize("scheme", ["Basic", "Token"])
@pytest.mark.usefixtures("project")
async def test_only_bearer_tokens_are_read(scheme: str) -> None:
    """A good token under another scheme is refused rather than overlooked."""
    with pytest.raises(BadToken):
        await identify({"authorization": f"{scheme} {token()}"})
    with pytest.raises(BadToken):
        claimed({"authorization": f"{scheme} {token()}"})


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
@pytest.mark.usefixtures("project")
async def test_the_scheme_may_be_written_in_any_case(scheme: str) -> None:
    """RFC 9110 allows it, and some clients do it."""
    assert await identify({"authorization": f"{scheme} {token()}"}) is not None


@pytest.mark.parametrize("headers", [{"apikey": SECRET_KEY}, {"authorization": f"Bearer {SECRET_KEY}"}])
async def test_the_secret_key_is_the_service_where_it_is_granted(
    project: HTTPServer, environment: Environment, headers: dict[str, str]
) -> None:
    """Either header will do; no token goes on to the database."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)

    caller = await identify(headers)

    assert Caller(None, None, None, is_service=True) == caller


@pytest.mark.usefixtures("project")
async def test_the_secret_key_is_refused_where_it_is_not_granted() -> None:
    """A function that does not hold the key cannot distinguish it from a made-up one."""
    assert await identify({"apikey": SECRET_KEY}) is None
    assert claimed({"apikey": SECRET_KEY}) is None
    with pytest.raises(BadToken):
        await identify({"authorization": f"Bearer {SECRET_KEY}"})
    with pytest.raises(BadToken):
        claimed({"authorization": f"Bearer {SECRET_KEY}"})


@pytest.mark.usefixtures("project")
async def test_either_key_is_the_service_during_a_rotation(environment: Environment) -> None:
    """Callers change one after the other; both keys at once are neither."""
    old, new = f"{SECRET_KEY}-old", f"{SECRET_KEY}-new"
    environment(SUPABASE_SECRET_KEY=f"{new}, {old}")

    for key in (old, new):
        for headers in ({"apikey": key}, {"authorization": f"Bearer {key}"}):
            caller = await identify(headers)
            assert caller is not None and caller.is_service
    assert new == ServiceSettings.read().key
    for made_up in (f"{new}, {old}", f"{new},{old}", SECRET_KEY):
        assert await identify({"apikey": made_up}) is None


@pytest.mark.parametrize(
    "keys", [",", f"{SECRET_KEY},", f",{SECRET_KEY}", "sb_secret_1,sb_secret_2,sb_secret_3"]
)
def test_keys_are_one_or_two(environment: Environment, keys: str) -> None:
    """A third is one that somebody forgot."""
    environment(SUPABASE_SECRET_KEY=keys)

    with pytest.raises(MissingSettings, match="SUPABASE_SECRET_KEY must be one key, or two"):
        ServiceSettings.read()


@pytest.mark.parametrize("made_up", [SECRET_KEY + "x", SECRET_KEY[:-1], "sb_secret_", "sb_secret_ä"])
@pytest.mark.usefixtures("project")
async def test_a_made_up_secret_key_is_refused(environment: Environment, made_up: str) -> None:
    """As a bearer it is a bad token; as an apikey alone it names nobody."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)

    with pytest.raises(BadToken):
        await identify({"authorization": f"Bearer {made_up}"})
    assert await identify({"apikey": made_up}) is None


@pytest.mark.usefixtures("project")
async def test_a_person_with_a_made_up_secret_key_is_still_only_that_person() -> None:
    """The token decides who it is."""
    caller = await identify({"apikey": "sb_secret_made", "authorization": f"Bearer {token()}"})

    assert caller is not None
    assert not caller.is_service


BEARERS = {
    "a person's token": (token, SOMEBODY),
    "the publishable key": (lambda: PUBLISHABLE_KEY, None),
    "a legacy anon key": (lambda: token(role="anon", sub=None, aud=None), None),
    "a forged token": (lambda: token(key="another made-up secret of more than 32 bytes"), BadToken),
    "an expired token": (lambda: token(exp=int(time.time()) - 60), BadToken),
    "a token that claims to be the service": (
        lambda: token(key="another made-up secret of more than 32 bytes", role="service_role"),
        BadToken,
    ),
}


@pytest.mark.parametrize(("made", "who"), BEARERS.values(), ids=BEARERS.keys())
@pytest.mark.usefixtures("project")
async def test_a_bearer_beside_the_secret_key_is_never_the_service(
    environment: Environment, made: Callable[[], str], who: Any
) -> None:
    """Whatever lends somebody the key, they are who their token says: a person, nobody, or refused."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)
    headers = {"apikey": SECRET_KEY, "authorization": f"Bearer {made()}"}

    if who is BadToken:
        with pytest.raises(BadToken):
            await identify(headers)
    else:
        caller = await identify(headers)
        assert who == (caller and caller.id)
        assert caller is None or not caller.is_service


async def test_a_legacy_anon_key_is_known_without_any_secret(
    project: HTTPServer, environment: Environment
) -> None:
    """supabase-js sends the key as a bearer, too; where it is still a token, it is the same as what we have."""
    key = token(role="anon", sub=None, aud=None)
    environment(SUPABASE_JWT_SECRET=None, SUPABASE_PUBLISHABLE_KEY=key)

    assert await identify(bearer(key)) is None
    assert 0 == len(project.log)


@pytest.mark.usefixtures("project")
async def test_the_legacy_service_key_is_the_service() -> None:
    """It is a token of the project's own making; which functions serve it is said by their contract."""
    caller = await identify(bearer(token(role="service_role", sub=None, aud=None)))

    assert caller is not None
    assert caller.is_service
