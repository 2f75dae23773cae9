"""One function as a service of its own: its time, its places, its end, and what it says of itself."""

import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from server.door import count_waiting

from .served import COMMIT, Served, folder_of, serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One function with two places and two seconds."""
    return folder_of(tmp_path_factory.mktemp("one"), hold={"timeout": 2, "concurrency": 2})


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    with serving(folder, FUNCTION_TARGET="hold") as served:
        yield served


def test_it_says_its_commit_in_health_and_in_every_reply(served: Served) -> None:
    assert {"commit": COMMIT, "function": "hold"} == httpx.get(f"{served.url}/healthz").json()
    assert COMMIT == served.ask("hold").headers["x-commit"]
    assert "server" not in served.ask("hold").headers


def test_what_takes_too_long_is_told_so_and_logged(served: Served) -> None:
    """Its caller gets the usual shape, with the headers without which a browser hides it."""
    reply = served.ask("hold", what="wait", seconds=10)

    assert (504, "timed_out") == (reply.status_code, reply.json()["code"])
    assert {"error", "code", "message", "details", "hint"} == reply.json().keys()
    assert "*" == reply.headers["access-control-allow-origin"]
    assert "hold" == served.await_line(code="timed_out")["function"]


def test_no_more_at_once_than_it_has_places_and_the_next_waits_its_turn(served: Served) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(4) as asking:
        replies = [*asking.map(lambda _: served.ask("hold", what="wait", seconds=0.5), range(4))]

    assert [200] * 4 == [reply.status_code for reply in replies]
    assert 1 <= time.monotonic() - began < 5


def test_it_ends_before_python_does(folder: Path) -> None:
    """Whose end would come upon threads of libraries, which abort then."""
    change = "import atexit; atexit.register(print, 'Python ended', flush=True)"
    with serving(folder, change=change, FUNCTION_TARGET="hold") as served:
        assert 200 == served.ask("hold").status_code
        served.process.send_signal(signal.SIGTERM)

        assert 0 == served.process.wait(10)
        assert "Python ended" not in served.log.read_text() and served.lines()


def test_who_comes_when_too_many_wait_is_told_at_once(folder: Path) -> None:
    change = "import server.one; server.one.WAITING = 1"
    with serving(folder, change=change, FUNCTION_TARGET="hold") as served, ThreadPoolExecutor(5) as asking:
        replies = [*asking.map(lambda _: served.ask("hold", what="wait", seconds=1), range(5))]

    refused = [reply for reply in replies if reply.status_code != 200]
    assert 2 == len(refused)
    assert {(503, "busy", "1")} == {
        (each.status_code, each.json()["code"], each.headers["retry-after"]) for each in refused
    }


def test_it_ends_when_what_it_has_begun_is_answered(served: Served) -> None:
    with ThreadPoolExecutor(1) as asking:
        under_way = asking.submit(served.ask, "hold", what="wait", seconds=1)
        time.sleep(0.3)
        served.process.send_signal(signal.SIGTERM)

        assert 200 == under_way.result().status_code
    assert 0 == served.process.wait(5)


def test_told_to_end_it_still_answers_a_request_that_is_on_its_way(served: Served) -> None:
    """On a connection that it has taken already, a moment before."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as caller:
        time.sleep(0.3)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        caller.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")

        assert caller.recv(1000).startswith(b"HTTP/1.1 200")


def test_told_to_end_it_still_answers_who_waits_to_be_taken(served: Served) -> None:
    """The kernel has connected them while it was busy: it resets them when the socket is closed."""
    with ThreadPoolExecutor(21) as asking:
        busy = asking.submit(served.ask, "hold", what="block", seconds=2)
        time.sleep(0.5)
        waiting = [asking.submit(served.ask, "hold") for _ in range(20)]
        time.sleep(0.7)
        served.process.send_signal(signal.SIGTERM)

        assert [200] * 21 == [each.result().status_code for each in (busy, *waiting)]
    assert 0 == served.process.wait(5)


def test_it_does_not_start_under_a_name_that_is_not_there(folder: Path) -> None:
    with serving(folder, FUNCTION_TARGET="nobody") as served:
        assert served.process.wait(10)

    assert "There is no function nobody here." in served.log.read_text()


def test_who_waits_to_be_taken_is_counted() -> None:
    """So that the door is closed when the last one is in, however long a busy machine takes over it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        callers = [socket.create_connection(listener.getsockname()) for _ in range(3)]
        assert 3 == count_waiting(listener)
        taken = [listener.accept()[0] for _ in range(3)]
        assert 0 == count_waiting(listener)
    for each in (*callers, *taken):
        each.close()
