"""The gateway between a caller and an echo: what arrives on the other side is what was meant to."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import jwt
import pytest
from aiohttp import web
from yarl import URL

from local.config import Config, Port, free_base
from local.front.routes import Front
from local.functions_runner import FunctionsRunner
from local.gateway import Gateway
from local.processes import Processes

SITE = "http://127.0.0.1:3000"


@pytest.fixture
async def config(tmp_path: Path) -> AsyncIterator[Config]:
    """A gateway whose Data API, auth and storage are an echo."""
    config = Config(tmp_path, free_base())
    async with AsyncExitStack() as closing:
        client = await closing.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        processes = Processes(tmp_path)
        closing.push_async_callback(processes.end_all)
        front = Front(config, client, {"SITE_URL": SITE}, processes.names, processes.silent)
        gateway = Gateway(config, client, FunctionsRunner(config, processes, {}), processes.silent, front)
        for part, app in ((Port.REST, echo()), (Port.SUPABASE, echo()), (Port.GATEWAY, gateway.app)):
            runner = web.AppRunner(app)
            await runner.setup()
            closing.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", config.port(part)).start()
        yield config


def echo() -> web.Application:
    """Says what it heard, as the kind of file that is asked for."""

    async def answer(request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        heard = {"path": request.raw_path, "headers": dict(request.headers), "body": body}
        kind = request.query.get("kind", "application/json")
        return web.json_response(heard, headers={"Content-Range": "0-0/1"}, content_type=kind)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def ask(
    config: Config, path: str, headers: dict[str, str], method: str = "GET", data: str = ""
) -> tuple[int, dict]:
    async with (
        aiohttp.ClientSession() as client,
        client.request(
            method, URL(config.url() + path, encoded=True), headers=headers, data=data or None
        ) as reply,
    ):
        return reply.status, await reply.json()


def role_of(config: Config, heard: dict) -> str:
    token = heard["headers"]["Authorization"].removeprefix("Bearer ")
    return jwt.decode(token, config.signing_key.key, ["ES256"])["role"]


async def test_a_key_becomes_the_token_of_its_role(config: Config) -> None:
    """The opaque keys never reach the Data API, in whichever header they come."""
    publishable, secret = config.secrets["SUPABASE_PUBLISHABLE_KEY"], config.secrets["SUPABASE_SECRET_KEY"]

    for key, role in ((publishable, "anon"), (secret, "service_role")):
        for headers in ({"apikey": key}, {"apikey": key, "Authorization": f"Bearer {key}"}):
            for path in ("/rest/v1/things", "/storage/v1/object/a/b", "/auth/v1/user"):
                status, heard = await ask(config, path, headers)

                assert (status, role_of(config, heard)) == (200, role)


async def test_a_signed_in_person_keeps_their_own_token(config: Config) -> None:
    """Even beside the secret key, a person's own token is the one that counts."""
    headers = {"apikey": config.secrets["SUPABASE_SECRET_KEY"], "Authorization": "Bearer their.own.token"}

    _, heard = await ask(config, "/rest/v1/things", headers)

    assert heard["headers"]["Authorization"] == "Bearer their.own.token"


async def test_a_legacy_key_is_passed_on_as_it_is(config: Config) -> None:
    """Before opaque keys, the key was a token itself."""
    legacy = config.role_token("anon")

    _, heard = await ask(config, "/rest/v1/things", {"apikey": legacy})

    assert heard["headers"]["Authorization"] == f"Bearer {legacy}"


@pytest.mark.parametrize("path", ["/rest/v1/things", "/auth/v1/user"])
async def test_a_caller_without_a_key_of_the_project_is_refused(config: Config, path: str) -> None:
    """No key, a made-up key, and somebody else's token are all refused."""
    foreign = jwt.encode({"role": "service_role"}, "not the secret of this project, not at all")

    for headers in ({}, {"apikey": "sb_secret_guessed"}, {"apikey": foreign}):
        status, answer = await ask(config, path, headers)

        assert (status, answer["message"]) in ((401, "No API key found in request"), (401, "Invalid API key"))


@pytest.mark.parametrize(
    "path", ["/rest/v1/things", "/auth/v1/user", "/storage/v1/bucket", "/functions/v1/x"]
)
async def test_a_secret_key_is_refused_in_a_browser(config: Config, path: str) -> None:
    """A page that contains the secret key fails at its first request."""
    headers = {"apikey": config.secrets["SUPABASE_SECRET_KEY"], "User-Agent": "Mozilla/5.0 (X11)"}

    status, answer = await ask(config, path, headers)

    assert (status, answer["code"]) == (401, "UNAUTHORIZED_SECRET_KEY_IN_BROWSER")


async def test_the_address_of_the_caller_is_that_of_the_connection(config: Config) -> None:
    """An address that a caller claims is not believed."""
    headers = {"apikey": config.secrets["SUPABASE_PUBLISHABLE_KEY"], "X-Forwarded-For": "203.0.113.9"}

    _, heard = await ask(config, "/rest/v1/things", headers)

    assert heard["headers"]["X-Forwarded-For"] == "127.0.0.1"


async def test_path_query_and_body_arrive_unchanged(config: Config) -> None:
    """PostgREST's filters are not decoded and encoded again on the way."""
    headers = {"apikey": config.secrets["SUPABASE_PUBLISHABLE_KEY"]}
    query = "?name=eq.a%2Fb%20c&or=(a.eq.1,b.eq.%22x%22)"

    _, heard = await ask(config, f"/rest/v1/things{query}", headers, "POST", "the body")

    assert (heard["path"], heard["body"]) == (f"/things{query}", "the body")


async def test_a_missing_function_is_a_404_that_a_browser_can_read(config: Config) -> None:
    """404 in the platform's shape, with the headers that let a page read it."""
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{config.url()}/functions/v1/nothing") as reply,
    ):
        answer = await reply.json()

        assert (reply.status, answer["code"]) == (404, "NOT_FOUND")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "image/png", "video/mp4"]
)
async def test_what_people_upload_runs_no_script_beside_the_front_page(config: Config, kind: str) -> None:
    """The front page holds keys at this origin, and its buttons ask who presses them by origin."""
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{config.url()}/storage/v1/object/public/b/a", params={"kind": kind}) as reply,
    ):
        is_active = "html" in kind or "xml" in kind
        assert reply.headers.get("Content-Security-Policy") == ("sandbox" if is_active else None)


@pytest.mark.parametrize(
    "path", ["/dashboard", "/dashboard?session_booked=true", "/journal/42", "/assets/a.js"]
)
async def test_a_page_of_the_website_says_where_the_website_is(config: Config, path: str) -> None:
    """To a browser; a program gets a plain 404."""
    async with aiohttp.ClientSession() as client:
        async with client.get(config.url() + path, headers={"Accept": "text/html"}) as page:
            words = await page.text()
        async with client.get(config.url() + path) as plain:
            assert (page.status, plain.status) == (404, 404)
    assert config.url() + path in words and SITE in words and "SITE_URL=" in words
