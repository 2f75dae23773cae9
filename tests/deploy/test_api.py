"""The operators' client: what supabase-py does by itself and ours does not, and what it says of a refusal."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from deploy.api import Api, refusals, rows, words_of
from deploy.functions import ROOT
from tests.cast import PASSWORD, Stage

NOWHERE = {"SUPABASE_URL": "http://127.0.0.1:9"}
ASKS: dict[str, Callable[[Api], object]] = {
    "table": lambda api: api.client.from_("profiles").select("id").execute(),
    "rpc": lambda api: api.client.rpc("ops_status").execute(),
    "auth": lambda api: api.sign_in("somebody@demo.test", PASSWORD),
    "new account": lambda api: api.sign_up("somebody@demo.test", PASSWORD, full_name="Somebody"),
    "storage": lambda api: api.client.storage.from_("session-recordings").download("one.mp4"),
    "bucket": lambda api: api.client.storage.get_bucket("session-recordings"),
    "function": lambda api: api.invoke("status"),
}


@pytest.fixture
def api(httpserver: HTTPServer) -> Iterator[Api]:
    """Of a project that a test makes up."""
    env = {"SUPABASE_URL": httpserver.url_for(""), "SUPABASE_PUBLISHABLE_KEY": "k"}
    with Api(env, "k") as made:
        yield made


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("status", [302, 500, 503, 520])
def test_it_asks_once_and_hears_the_answer(
    httpserver: HTTPServer, api: Api, ask: Callable[[Api], object], status: int
) -> None:
    """Even a read of what is down; and what is led elsewhere does not go there, with our key."""
    elsewhere = {"location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/elsewhere").respond_with_json({})
    httpserver.expect_request("").respond_with_json({"message": "not now"}, status, elsewhere)

    assert status == api.status_of(lambda: ask(api))
    assert 1 == len(httpserver.log)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_where_nobody_answers_all_of_it_says_so_alike(ask: Callable[[Api], object]) -> None:
    """By httpx's own error: a server that takes longer than it is given, and none at all.

    A server of its own, ended with the test: what it still answers is in no other test's log.
    """
    ended = threading.Event()

    def wait(request: Request) -> Response:
        ended.wait(20)
        return Response("{}")

    with HTTPServer() as server:
        server.expect_request("").respond_with_handler(wait)
        slow = {"SUPABASE_URL": server.url_for(""), "SUPABASE_PUBLISHABLE_KEY": "k"}
        try:
            with Api(slow, "k", seconds=0.5) as api, pytest.raises(httpx.TimeoutException):
                ask(api)
        finally:
            ended.set()
    with Api({**slow, **NOWHERE}, "k") as api, pytest.raises(httpx.ConnectError):
        ask(api)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_it_tells_nothing_of_this_machine(
    httpserver: HTTPServer, api: Api, ask: Callable[[Api], object]
) -> None:
    """By itself supabase-py names the system, its version and Python's to whoever it asks."""
    httpserver.expect_request("").respond_with_json({}, 404)

    api.status_of(lambda: ask(api))

    ((asked, _),) = httpserver.log
    assert "supabase-py" == asked.headers["x-client-info"]
    assert ("k", "Bearer k") == (asked.headers["apikey"], asked.headers["authorization"])


def test_parts_that_lie_elsewhere_are_asked_there(httpserver: HTTPServer) -> None:
    """As functions ask them."""
    httpserver.expect_request("/data/profiles").respond_with_json([])
    httpserver.expect_request("/served/status").respond_with_json({"ok": True})
    at = {"SUPABASE_REST_URL": httpserver.url_for("/data"), "FUNCTIONS_URL": httpserver.url_for("/served")}

    with Api({**NOWHERE, **at, "SUPABASE_PUBLISHABLE_KEY": "k"}, "k") as api:
        assert [] == rows(api.client.from_("profiles").select("id"))
        assert {"ok": True} == api.invoke("status")


def test_an_address_that_is_none_is_nobody_who_answers() -> None:
    with pytest.raises(httpx.UnsupportedProtocol, match="SUPABASE_URL"):
        Api({"SUPABASE_URL": "nonsense", "SUPABASE_PUBLISHABLE_KEY": "k"}, "k")


def test_an_answer_of_auth_that_is_no_persons_is_a_refusal(httpserver: HTTPServer, api: Api) -> None:
    """A proxy's page, or dates that nobody reads."""
    httpserver.expect_request("/auth/v1/token").respond_with_json({"hello": "there"})

    with pytest.raises(refusals(), match="auth's answer"):
        api.sign_in("somebody@demo.test", PASSWORD)


def test_who_signed_in_asks_as_themselves(stage: Stage) -> None:
    """For as long as the token lasts: no thread renews it."""
    person = stage.sign_up()
    threads = set(threading.enumerate())

    with Api(stage.env, stage.env["SUPABASE_PUBLISHABLE_KEY"]) as api:
        assert 401 == api.status_of(api.client.from_("profiles").select("id").execute)
        api.sign_in(person.email, PASSWORD)

        assert [{"id": str(person.id)}] == rows(api.client.from_("profiles").select("id"))
        assert str(person.id) == api.invoke("check-session-credits")["user_id"]
        assert threads >= set(threading.enumerate())


def test_a_refusal_is_caught_as_one_and_told_whole(stage: Stage) -> None:
    """Whichever part of the project refuses."""
    with Api(stage.env, stage.env["SUPABASE_PUBLISHABLE_KEY"]) as api:
        said = {}
        for name in ASKS.keys() - {"new account"}:
            with pytest.raises(refusals()) as refused:
                ASKS[name](api)
            said[name] = words_of(refused.value)

    assert "permission denied" in said["table"]
    assert "permission denied" in said["rpc"]
    assert "POST /auth/v1/token" in said["auth"]
    assert "invalid_credentials" in said["auth"]
    assert "GET /storage/v1/object/session-recordings/one.mp4: 400" in said["storage"]
    assert "POST /functions/v1/status: 4" in said["function"]


def test_commands_that_ask_nobody_do_not_import_it() -> None:
    """It brings realtime and half a second with it."""
    heavy = {"supabase", "realtime", "postgrest", "storage3", "supabase_auth"}
    program = f"import sys, deploy.__main__, local.supervisor; print({heavy} & set(sys.modules))"

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "set()" == ended.stdout.strip()
