"""Who is calling: real tokens under real keys, from a key set on a real server."""

import asyncio
import json

import pytest
from pytest_httpserver import HTTPServer

from shared import tokens
from shared.auth import BadToken, Caller
from shared.errors import Unavailable
from shared.tokens import identify

from .conftest import Environment
from .token_steps import KEY_SET, SOMEBODY, bearer, publish, published, token


def asked_for_keys(project: HTTPServer) -> int:
    return sum(request.path == KEY_SET for request, _ in project.log)


@pytest.fixture
def no_cooldown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait half a minute between two questions."""
    monkeypatch.setattr(tokens, "KEY_SET_COOLDOWN_S", 0)


async def test_a_token_under_the_legacy_secret_identifies_its_person_where_that_is_granted(
    project: HTTPServer,
) -> None:
    """Without asking any server."""
    credential = token("HS256")

    caller = await identify(bearer(credential))

    assert Caller(SOMEBODY, "client@demo.test", credential) == caller
    assert 0 == len(project.log)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_a_token_under_a_published_key_identifies_its_person(
    project: HTTPServer, algorithm: str
) -> None:
    """The key set is fetched once and kept."""
    publish(project, published(algorithm, "first"))

    callers = [await identify(bearer(token(algorithm, "first"))) for _ in range(3)]

    assert [SOMEBODY] * 3 == [caller.id for caller in callers if caller]
    assert 1 == asked_for_keys(project)


async def test_a_published_key_may_omit_its_algorithm(project: HTTPServer) -> None:
    """The kind of key decides then."""
    key = published("ES256", "first")
    del key["alg"]
    publish(project, key)

    caller = await identify(bearer(token("ES256", "first")))

    assert caller is not None


async def test_keys_given_as_a_setting_need_no_server(environment: Environment) -> None:
    """SUPABASE_JWKS holds the document itself."""
    document = json.dumps({"keys": [published("ES256", "first")]})
    environment(SUPABASE_URL="http://nowhere.test", SUPABASE_PUBLISHABLE_KEY="k", SUPABASE_JWKS=document)

    caller = await identify(bearer(token("ES256", "first")))

    assert caller is not None


@pytest.mark.usefixtures("no_cooldown")
async def test_a_new_key_is_found_when_the_project_rotates_keys(project: HTTPServer) -> None:
    """An unknown key id is a reason to ask again; the old key goes as soon as it is gone from the set."""
    publish(project, published("ES256", "first"))
    await identify(bearer(token("ES256", "first")))
    publish(project, published("RS256", "second"))

    caller = await identify(bearer(token("RS256", "second")))

    assert caller is not None
    with pytest.raises(BadToken):
        await identify(bearer(token("ES256", "first")))


async def test_forged_key_ids_do_not_make_us_ask_each_time(project: HTTPServer) -> None:
    """Anybody can make up key ids; the auth server must not feel it."""
    publish(project, published("ES256", "first"))

    for forged in range(20):
        with pytest.raises(BadToken):
            await identify(bearer(token("ES256", f"made-up-{forged}")))

    assert 1 == asked_for_keys(project)


async def test_requests_that_arrive_together_fetch_the_keys_once(project: HTTPServer) -> None:
    """A cold start under load fetches one key set."""
    publish(project, published("ES256", "first"))

    callers = await asyncio.gather(*[identify(bearer(token("ES256", "first"))) for _ in range(20)])

    assert all(callers)
    assert 1 == asked_for_keys(project)


@pytest.mark.usefixtures("no_cooldown")
async def test_known_keys_outlive_an_unreachable_auth_server(project: HTTPServer) -> None:
    """People stay signed in while it is down; keys that are not known are then nobody's."""
    publish(project, published("ES256", "first"))
    await identify(bearer(token("ES256", "first")))
    project.clear()

    with pytest.raises(BadToken):
        await identify(bearer(token("RS256", "second")))
    caller = await identify(bearer(token("ES256", "first")))

    assert caller is not None


async def test_without_any_key_the_answer_is_503_and_not_that_the_token_is_bad(project: HTTPServer) -> None:
    """Telling people to sign in again would be wrong: 503, every time, until the key set answers."""
    for _ in range(2):
        with pytest.raises(Unavailable):
            await identify(bearer(token("ES256", "first")))

    publish(project, published("ES256", "first"))
    assert await identify(bearer(token("ES256", "first"))) is not None
