"""How often the client asks Agora, how long it waits, and where it asks when one address is dead."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from shared.agora.answers import Acquired, Gone, Started, TryLater
from shared.agora.client import Agora, Timeouts

from .client_steps import NAMES, NO_WORKER, RECORDER, respond_with, settings


async def test_a_start_that_succeeds_at_the_third_attempt_is_started(httpserver, http, waits):
    """Only the log has the two failures."""
    told: dict[str, Any] = {}
    asked = respond_with(httpserver, (206, {"code": 65}), (500, {"code": 62}), (200, NAMES))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits, log=told.update).start(
        RECORDER, {}
    )

    assert got == Started("S")
    assert [3, 3] == waits
    assert len({request.path for request in asked}) == 1  # the same resource each time
    assert told["agora_start"]["tries"] == 3
    assert told["agora_start"]["agora_request_id"] == "request-3"


async def test_retries_after_too_many_requests_are_spread(httpserver, http, waits):
    """After a 429 everybody waits at least the number, and not everybody the same."""
    respond_with(httpserver, (429, {"message": "API rate limit exceeded"}))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits).acquire(RECORDER)

    assert got == TryLater(429, None, "API rate limit exceeded")
    assert all(number <= wait <= 2 * number for number, wait in zip((1, 3, 6), waits, strict=True))


async def test_retries_end_when_the_time_of_the_function_does(httpserver, http, waits):
    """A function with ten seconds left does not sleep for fifteen."""
    respond_with(httpserver, (404, NO_WORKER))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits, patience=12).stop(RECORDER)

    assert got == Gone()
    assert [5] == waits


async def test_without_retries_agora_is_asked_once(httpserver, http, waits):
    """A status page wants what is known now."""
    asked = respond_with(httpserver, (404, NO_WORKER))

    assert (
        await Agora(settings(httpserver.url_for("")), http, sleep=waits, patience=0).query(RECORDER) == Gone()
    )
    assert len(asked) == 1


async def test_a_dead_domain_is_left_for_the_other_one(httpserver, http, waits):
    """Once more the same, then the next one; and later calls begin where the last one succeeded."""
    asked = respond_with(httpserver, (200, NAMES))
    agora = Agora(settings(f"http://127.0.0.1:{closed_port()}", httpserver.url_for("")), http, sleep=waits)

    assert await agora.acquire(RECORDER) == Acquired("R")
    assert [1, 3] == waits
    assert await agora.start(RECORDER, {}) == Started("S")
    assert [1, 3] == waits
    assert len(asked) == 2


async def test_without_any_connection_nothing_was_done(http, waits):
    """If no connection came about, nothing can have happened."""
    agora = Agora(settings(f"http://127.0.0.1:{closed_port()}"), http, sleep=waits)

    got = await agora.start(RECORDER, {})

    assert [1, 3, 6] == waits
    assert isinstance(got, TryLater)
    assert (0, False) == (got.status, got.may_have_happened)


async def test_a_start_without_an_answer_stays_open(http, waits):
    """A request that was sent and not answered may have begun a recording."""
    with listener(answer=b"") as url:
        timeouts = Timeouts(connect=1, read=0.05, read_stop=0.05)
        got = await Agora(settings(url), http, sleep=waits, timeouts=timeouts).start(RECORDER, {})

    assert isinstance(got, TryLater)
    assert (0, "ReadTimeout", True) == (got.status, got.reason, got.may_have_happened)


async def test_a_broken_connection_is_retried(http, waits):
    """Hanging up in the middle of an answer is like not answering."""
    with listener(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", hang_up=True) as url:
        got = await Agora(settings(url), http, sleep=waits).stop(RECORDER)

    assert [1, 3, 6] == waits
    assert isinstance(got, TryLater)
    assert got.may_have_happened


async def test_an_attempt_that_may_have_arrived_is_not_forgotten(httpserver, http, waits):
    """A first attempt that may have arrived counts, even if the last one surely did not."""
    respond_with(httpserver, (500, {"code": 62}), (500, {"code": 502}))

    got = await Agora(settings(httpserver.url_for("")), http, sleep=waits).start(RECORDER, {})

    assert isinstance(got, TryLater)
    assert (502, True) == (got.code, got.may_have_happened)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def listener(answer: bytes, hang_up: bool = False) -> Iterator[str]:
    """A server that takes every request and sends these bytes, complete or not."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with ExitStack() as held:
                while True:
                    try:
                        connection, _ = server.accept()
                    except OSError:
                        return
                    held.enter_context(connection)
                    connection.recv(65536)
                    connection.sendall(answer)
                    if hang_up:
                        connection.close()

        serving = threading.Thread(target=serve)
        serving.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        serving.join()
