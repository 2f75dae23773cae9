"""The stack as a whole: it keeps what it is given, stands beside others, and leaves nothing behind."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from local.config import ROOT, Port, free_base, is_served
from local.members import tag
from local.stack import Stack, StackFailed

from .conftest import is_running

PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def another_stack(states: Path, stack: Stack) -> Iterator[Stack]:
    """A stack beside the one that all tests share, whose ports it chose first; these tests may stop and start it."""
    bases = iter([base_of(stack)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("local.stack.free_base", lambda: next(bases, None) or free_base())
        other = Stack(states / "another").start()
    assert next(bases, None) is None
    yield other
    other.stop()


def base_of(stack: Stack) -> int:
    return int(stack.env["SUPABASE_URL"].rsplit(":", 1)[1])


def auth(stack: Stack, path: str, email: str) -> httpx.Response:
    headers = {"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"]}
    return httpx.post(
        f"{stack.env['SUPABASE_URL']}/auth/v1/{path}",
        json={"email": email, "password": PASSWORD},
        headers=headers,
    )


def everything_of(stack: Stack) -> list[int]:
    return [stack.pid, *(child.pid for child in psutil.Process(stack.pid).children(recursive=True))]


def test_a_killed_supervisor_leaves_no_process_and_loses_no_data(another_stack: Stack) -> None:
    """After `kill -9` all that it started ends by itself; started again, what was said before is still known."""
    email = f"{uuid4().hex}@demo.test"
    auth(another_stack, "signup", email).raise_for_status()
    function = f"{another_stack.env['SUPABASE_URL']}/functions/v1/get-liability-waiver-status"
    assert httpx.post(function).status_code == 401  # so that a function runs, too
    before = another_stack.env
    processes = everything_of(another_stack)
    assert len(processes) > 15

    os.kill(another_stack.pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while any(is_running(pid) for pid in processes) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert [pid for pid in processes if is_running(pid)] == []
    another_stack.stop()

    another_stack.start()
    assert auth(another_stack, "token?grant_type=password", email).status_code == 200
    assert another_stack.env == before


def test_a_stack_killed_with_its_reaper_can_be_stopped_and_started_again(another_stack: Stack) -> None:
    """Then nobody is left to tidy up at once, so whoever stops or starts it does."""
    family = everything_of(another_stack)
    for child in psutil.Process(another_stack.pid).children():
        if "local.reaper" in child.cmdline():
            child.kill()
    os.kill(another_stack.pid, signal.SIGKILL)
    assert any(is_running(pid) for pid in family)

    another_stack.stop()
    assert [pid for pid in family if is_running(pid)] == []

    another_stack.start()


def test_a_frozen_stack_is_stopped_all_the_same(
    another_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody in it hears that it is to end, nor would its reaper; there is a bound to being asked."""
    monkeypatch.setattr("local.stack.PATIENCE", 1)
    monkeypatch.setattr("local.members.DATABASE_PATIENCE", 1)
    monkeypatch.setattr("local.members.PATIENCE", 1)
    family = everything_of(another_stack)
    for pid in family:
        os.kill(pid, signal.SIGSTOP)

    another_stack.stop()

    assert [pid for pid in family if is_running(pid)] == []
    another_stack.start()


def test_a_part_that_crashes_is_started_again(another_stack: Stack) -> None:
    """Auth and storage come back by themselves, on the same address, with what they knew."""
    email = f"{uuid4().hex}@demo.test"
    auth(another_stack, "signup", email).raise_for_status()
    children = psutil.Process(another_stack.pid).children()
    next(child for child in children if "supabase.mjs" in child.cmdline()).kill()

    deadline = time.monotonic() + 60
    while (reply := auth(another_stack, "token?grant_type=password", email)).status_code != 200:
        assert (reply.status_code, time.monotonic() < deadline) == (503, True)
        time.sleep(0.1)


def test_two_stacks_run_side_by_side(stack: Stack, another_stack: Stack) -> None:
    """Neither knows the other's people, and neither takes the other's keys."""
    email = f"{uuid4().hex}@demo.test"
    auth(stack, "signup", email).raise_for_status()

    assert auth(another_stack, "token?grant_type=password", email).status_code == 400
    foreign = {"apikey": stack.env["SUPABASE_SECRET_KEY"]}
    assert (
        httpx.get(f"{another_stack.env['SUPABASE_URL']}/rest/v1/profiles", headers=foreign).status_code == 401
    )


def test_an_unfinished_upload_outlives_a_restart(another_stack: Stack) -> None:
    """What was sent before the stop need not be sent again."""
    chunk = 6 * 1024 * 1024
    storage = f"{another_stack.env['SUPABASE_URL']}/storage/v1"
    service = {"apikey": another_stack.env["SUPABASE_SECRET_KEY"], "Tus-Resumable": "1.0.0"}
    described = {"Upload-Length": str(chunk + 3), "Upload-Metadata": "bucketName Yg==,objectName YQ=="}
    patch = {"Content-Type": "application/offset+octet-stream"}
    with httpx.Client(headers=service) as client:
        client.post(f"{storage}/bucket", json={"id": "b", "name": "b", "public": False}).raise_for_status()
        url = client.post(f"{storage}/upload/resumable", headers=described).headers["Location"]
        client.patch(url, headers={**patch, "Upload-Offset": "0"}, content=bytes(chunk)).raise_for_status()

    another_stack.stop()
    another_stack.start()
    with httpx.Client(headers=service) as client:
        assert client.head(url).headers["Upload-Offset"] == str(chunk)
        client.patch(url, headers={**patch, "Upload-Offset": str(chunk)}, content=b"end").raise_for_status()

        assert client.get(f"{storage}/object/b/a").content == bytes(chunk) + b"end"


def test_make_up_leaves_the_stack_running_and_make_down_does_not(states: Path) -> None:
    """The commands behind make: up twice, the demo's people, reset, down."""
    state = states / "made"
    place = ["--state", str(state), "--port", str(free_base())]

    def make(command: str) -> str:
        run = [sys.executable, "-m", "local", command, *place]
        return subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    stack = Stack(state)
    try:
        assert (
            make("up").splitlines()[-1].strip().startswith(f"Open {stack.env['SUPABASE_URL']} in a browser")
        )
        assert stack.env["DEMO_CLIENT_PASSWORD"] in make("keys")
        assert "running already" in make("up")

        headers = {"apikey": stack.env["SUPABASE_SECRET_KEY"]}
        sessions = f"{stack.env['SUPABASE_URL']}/rest/v1/session_schedules?select=status"
        assert {row["status"] for row in httpx.get(sessions, headers=headers).json()} == {
            "scheduled",
            "completed",
        }
    finally:
        make("down")
    assert not stack.is_running()

    keys = stack.env
    make("reset")
    assert sorted(path.name for path in state.iterdir()) == ["port", "secrets.json"]
    assert keys["SUPABASE_SECRET_KEY"] in (state / "secrets.json").read_text()


def test_secrets_can_be_read_by_their_owner_alone(stack: Stack) -> None:
    """Nobody else on the machine reads `env`, or anything else that holds a secret."""
    for name in ("env", "secrets.json", "jwks.json", "stripe.json"):
        assert stat.S_IMODE((stack.state / name).stat().st_mode) == 0o600


def test_a_taken_port_is_named(stack: Stack, tmp_path: Path) -> None:
    """Rather than a part failing somewhere inside, the first line says which port, whose, and what to do."""
    port = base_of(stack)
    named = (
        rf"Port {port} is taken by process {stack.pid} \(.*\) of the stack in {re.escape(str(stack.state))}\."
    )

    with pytest.raises(StackFailed, match=named):
        Stack(tmp_path / "state", port).start()


def test_an_orphan_of_the_same_stack_gives_the_port_back(states: Path) -> None:
    """What was left of it, whoever lost sight of it, ends with the next start; a stranger would be named."""
    state, port = states / "orphaned", free_base()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, env=tag(state), stderr=subprocess.DEVNULL) as orphan:
        while not is_served(port):
            assert orphan.poll() is None
            time.sleep(0.05)

        with Stack(state, port):
            assert orphan.wait(5) == -signal.SIGTERM


def test_of_stacks_that_start_at_once_the_first_has_the_ports(tmp_path: Path) -> None:
    """It holds one of them before anything else of it is there."""
    base = free_base()
    with (
        socket.create_server(("127.0.0.1", base + Port.CLAIM)),
        pytest.raises(StackFailed, match=f"Port {base + Port.CLAIM} is taken"),
    ):
        Stack(tmp_path / "state", base).start()
