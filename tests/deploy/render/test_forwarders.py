"""The forwarder, in Deno: raw bytes, status and headers as they are, in both directions."""

import gzip
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bench.programs import BENCH, DENO
from deploy.environment import Environment
from deploy.functions import functions
from deploy.render.forwarders import forwarder
from local.install import install_node

PATH = "/functions/v1/get-available-slots"
RAW = bytes(range(256)) * 300


@pytest.fixture(scope="session")
def deno() -> Path:
    """The program, from its lock."""
    if not [*BENCH.glob(DENO)]:
        install_node(BENCH, BENCH / "package-lock.json")
    return next(BENCH.glob(DENO))


@pytest.fixture
def forwarded(
    deno: Path, environment: Environment, httpserver: HTTPServer, tmp_path: Path
) -> Iterator[httpx.Client]:
    """A client of the forwarder, with our own origin behind it."""
    here = environment.model_copy(
        update={"origin": httpserver.url_for("").rstrip("/"), "hosted_origin": True}
    )
    (tmp_path / "index.ts").write_text(forwarder(functions()["get-available-slots"], here))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = {
        "DENO_DIR": str(tmp_path / "deno"),
        "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}",
        "FORWARDER_KEY": "shown",
        "NO_COLOR": "1",
        "PATH": os.environ["PATH"],
    }
    program = [
        deno,
        "run",
        "--no-prompt",
        "--allow-net",
        "--allow-env",
        "--cached-only",
        tmp_path / "index.ts",
    ]
    with subprocess.Popen(program, env=home, cwd=tmp_path) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            _wait(port)
            yield client
        process.kill()


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("Deno does not listen")


def test_a_body_and_its_headers_arrive_as_they_were_sent(
    forwarded: httpx.Client, httpserver: HTTPServer
) -> None:
    """Byte for byte, as whatever is signed has to; with the address that the platform's proxies wrote."""
    seen: list[Request] = []

    def keep(request: Request) -> Response:
        request.get_data()
        seen.append(request)
        return Response(b"", 200)

    httpserver.expect_request(PATH).respond_with_handler(keep)
    forwarded.post(
        "/get-available-slots?a=1&a=%C3%A9",
        content=RAW,
        headers={
            "authorization": "Bearer x.y.z",
            "apikey": "sb_publishable_x",
            "content-type": "application/octet-stream",
            "idempotency-key": "one",
            "x-forwarded-for": "203.0.113.7, 198.51.100.1",
        },
    )

    (request,) = seen
    assert RAW == request.get_data()
    assert "a=1&a=%C3%A9" == request.query_string.decode()
    for name, sent in {
        "authorization": "Bearer x.y.z",
        "apikey": "sb_publishable_x",
        "content-type": "application/octet-stream",
        "idempotency-key": "one",
        "x-forwarded-for": "203.0.113.7, 198.51.100.1",
        "x-forwarder-key": "shown",
    }.items():
        assert sent == request.headers[name], name


@pytest.mark.parametrize("status", [200, 204, 302, 401, 409, 422, 429, 500, 503])
def test_an_answer_comes_back_unchanged(forwarded: httpx.Client, httpserver: HTTPServer, status: int) -> None:
    """Status, headers, every cookie, and the bytes; a redirect is not followed."""
    body = b"" if status == 204 else RAW
    headers = [
        ("location", "https://elsewhere.test/"),
        ("retry-after", "7"),
        ("x-request-id", "r-1"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("access-control-allow-origin", "*"),
        ("content-type", "application/pdf"),
    ]
    httpserver.expect_request(PATH).respond_with_data(body, status, headers)

    reply = forwarded.get("/functions/v1/get-available-slots")

    assert (status, body) == (reply.status_code, reply.content)
    assert ["a=1", "b=2"] == reply.headers.get_list("set-cookie")
    for name, sent in headers[:3]:
        assert sent == reply.headers[name]


def test_what_is_packed_is_asked_for_unpacked(forwarded: httpx.Client, httpserver: HTTPServer) -> None:
    """Whatever the caller takes; and what comes packed all the same can still be read."""
    httpserver.expect_request(PATH, headers={"accept-encoding": "identity"}).respond_with_data(
        gzip.compress(RAW), headers={"content-encoding": "gzip"}
    )

    assert RAW == forwarded.get("/get-available-slots", headers={"accept-encoding": "gzip, br"}).content


def test_preflights_go_through(forwarded: httpx.Client, httpserver: HTTPServer) -> None:
    """The function itself says what browsers may send."""
    httpserver.expect_request(PATH, method="OPTIONS").respond_with_data(
        "", 204, {"access-control-allow-headers": "x-only-there"}
    )

    assert "x-only-there" == forwarded.options("/get-available-slots").headers["access-control-allow-headers"]


def test_what_is_not_there_is_refused_in_the_usual_shape(
    forwarded: httpx.Client, httpserver: HTTPServer
) -> None:
    """With the headers without which a browser shows nothing."""
    httpserver.stop()
    try:
        reply = forwarded.post("/get-available-slots", json={})
    finally:
        httpserver.start()  # it is one for all tests of a run

    assert (503, "unavailable") == (reply.status_code, reply.json()["code"])
    assert {"error", "code", "message", "details", "hint"} == reply.json().keys()
    assert "*" == reply.headers["access-control-allow-origin"]
