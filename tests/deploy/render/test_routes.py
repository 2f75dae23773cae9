"""The one origin: the Caddyfile is started for real; the URL map says the same for Google's load balancer."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from deploy.functions import functions
from deploy.services import ALL_PORT, CLOCK, port_of

from .conftest import Render

ANYWHERE = re.compile(".*")
SOME = ("get-available-slots", "manage-session", "run-payouts")
LATE = """
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
time.sleep(2)
HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""
Origin = Callable[..., httpx.Response]


def free_port() -> int:
    """One that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def caddy(caddyfile: str, folder: Path, port: int) -> Iterator[None]:
    """The gateway, as the rendered file has it."""
    (folder / "Caddyfile").write_text(caddyfile)
    program = [
        Path(sys.executable).parent / "caddy",
        "run",
        "--config",
        folder / "Caddyfile",
        "--adapter",
        "caddyfile",
    ]
    home = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "PATH": os.environ["PATH"],
        "FORWARDER_KEY": "shown",
    }
    with subprocess.Popen(program, env=home, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield
        finally:
            process.terminate()


@contextmanager
def one_service(port: int) -> Iterator[HTTPServer]:
    """What listens where a service would, and says what it was asked."""

    def echo(request: Request) -> Response:
        address = request.headers.get("X-Forwarded-For", "")
        key = request.headers.get("X-Forwarder-Key", "")
        return Response(f"{port} {request.full_path.rstrip('?')} {address} {key}".strip())

    with HTTPServer(host="127.0.0.1", port=port) as server:
        server.expect_request(ANYWHERE).respond_with_handler(echo)
        yield server


@pytest.fixture
def origin(rendered: Render, tmp_path: Path, own_ports: None) -> Iterator[Origin]:
    """The rendered gateway in front of services and a project that answer what they were asked."""
    port = free_port()
    with one_service(port_of(SOME[0])), one_service(port_of(SOME[1])), one_service(free_port()) as project:
        changes = {
            "origin": f"http://127.0.0.1:{port}",
            "supabase": f"http://127.0.0.1:{project.port}",
            "hosted_origin": True,
        }
        text = rendered("compose", "each", *SOME, **changes)["Caddyfile"]
        with caddy(text, tmp_path, port), httpx.Client(base_url=changes["origin"]) as client:

            def ask(path: str, **headers: str) -> httpx.Response:
                return client.get(
                    path, headers={name.replace("_", "-"): text for name, text in headers.items()}
                )

            ask.project = project.port  # type: ignore[attr-defined]
            yield ask


def test_ours_go_to_their_service_and_the_rest_to_the_project(origin: Origin) -> None:
    """By the whole name; what only the scheduler calls is the project's to refuse."""
    slots, page = port_of(SOME[0]), port_of(SOME[1])
    project = origin.project  # type: ignore[attr-defined]

    for path, answered in {
        "/functions/v1/get-available-slots": slots,
        "/functions/v1/get-available-slots/more?x=1": slots,
        "/functions/v1/get-available-slots-of-another": project,
        "/functions/v1/manage-session?token=t": page,
        "/manage-session?token=t": page,
        "/functions/v1/run-payouts": project,
        "/functions/v1/one-of-the-projects": project,
        "/rest/v1/sessions?select=id": project,
        "/auth/v1/token": project,
    }.items():
        assert origin(path).text.startswith(f"{answered} {path}"), path
    assert 404 == origin("/").status_code


def test_a_callers_address_is_what_the_gateway_saw(origin: Origin) -> None:
    """Whatever they claim; only a forwarder is believed, by its key, which goes no further."""
    path = "/functions/v1/get-available-slots"

    direct = origin(path, x_forwarded_for="6.6.6.6").text
    wrong = origin(path, x_forwarded_for="6.6.6.6", x_forwarder_key="guessed").text
    forwarded = origin(path, x_forwarded_for="203.0.113.7", x_forwarder_key="shown").text

    assert direct.endswith("127.0.0.1, 127.0.0.1")
    assert wrong.endswith("127.0.0.1, 127.0.0.1")
    assert forwarded.endswith("203.0.113.7, 127.0.0.1")


@pytest.mark.parametrize("place", [0, 1], ids=["where it was", "at its other port"])
def test_a_restart_is_waited_for(rendered: Render, tmp_path: Path, own_ports: None, place: int) -> None:
    """The request is held until the service listens again, at either of its ports."""
    port = free_port()
    text = rendered("compose", "each", SOME[0], origin=f"http://127.0.0.1:{port}")["Caddyfile"]
    script = LATE.format(port=port_of(SOME[0]) + place)
    service = [sys.executable, "-c", script]
    with caddy(text, tmp_path, port), subprocess.Popen(service, stderr=subprocess.DEVNULL) as late:
        reply = httpx.get(f"http://127.0.0.1:{port}/functions/v1/{SOME[0]}", timeout=15)
        late.kill()

    assert 404 == reply.status_code  # of the service, which has no such file: no 502


def test_one_container_is_reached_for_every_open_function(rendered: Render) -> None:
    """And for no other."""
    text = rendered("compose", "one")["Caddyfile"]

    paths = {word for line in text.splitlines() if line.startswith("\t\tpath ") for word in line.split()[1:]}
    assert {f"/functions/v1/{each.name}" for each in functions().values() if each.is_open} <= paths
    assert not [
        each.name
        for each in functions().values()
        if not each.is_open and f"/functions/v1/{each.name}" in paths
    ]
    assert f"reverse_proxy 127.0.0.1:{ALL_PORT} 127.0.0.1:{ALL_PORT + 1} {{" in text


def test_the_clock_comes_by_a_door_of_its_own(rendered: Render, tmp_path: Path, own_ports: None) -> None:
    """To what nobody else reaches, wherever it is just now; the one container has its clock inside."""
    port, door = free_port(), port_of(CLOCK)
    found = rendered("compose", "each", *SOME, origin=f"http://127.0.0.1:{port}")
    with one_service(port_of("run-payouts") + 1), caddy(found["Caddyfile"], tmp_path, port):
        ours = httpx.get(f"http://127.0.0.1:{door}/functions/v1/run-payouts", timeout=15)
        others = httpx.get(f"http://127.0.0.1:{door}/functions/v1/manage-session", timeout=15)

    assert (200, 404) == (ours.status_code, others.status_code)
    assert f"http://127.0.0.1:{door}/functions/v1/run-payouts | logger -t run-payouts" in found["crontab"]
    assert "crontab" not in rendered("compose", "one")
    assert "clock" not in rendered("compose", "one")["Caddyfile"]


def test_the_url_map_routes_as_the_caddyfile_does(rendered: Render) -> None:
    """Longest path first, as Google's load balancer does; and its own tests hold."""
    url_map = yaml.safe_load(rendered("cloud-run")["routes/url-map.yaml"])
    rules = {
        path: rule["service"] for rule in url_map["pathMatchers"][0]["pathRules"] for path in rule["paths"]
    }

    def service(path: str) -> str:
        fits = [
            each for each in rules if each == path or (each.endswith("/*") and path.startswith(each[:-1]))
        ]
        return str(rules[max(fits, key=len)]).rpartition("/")[2] if fits else "functions"

    for function in functions().values():
        assert ("functions" if function.is_open else "supabase") == service(f"/functions/v1/{function.name}")
        assert not function.is_page or service(f"/{function.name}") == "pages"
    for test in url_map["tests"]:
        assert test["service"].rpartition("/")[2] == service(test["path"])
