"""All functions from one container: what one of them does, no other notices, and what dies is back."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx
import psutil
import pytest

from server import keeper

from .served import COMMIT, SETTINGS, Served, folder_of, serving

SECRET = {"settings": ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY")}
NEEDY = """
from typing import Any
from starlette.responses import Response
from shared.call import Call
from shared.serving import endpoint
from shared.settings import Settings

class Needed(Settings):
    key_of_somebody: str

@endpoint(caller="public", settings=(Needed,))
async def NAME(call: Call[Any]) -> Response:
    return Response("")
"""
FUNCTIONS = {
    "first": {"timeout": 3},
    "second": {"concurrency": 1, "is_page": True},
    "trusted": SECRET,
    "needy": {"source": NEEDY},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("all"), **{name: dict(own) for name, own in FUNCTIONS.items()})


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    """For tests after which all of it still runs."""
    with serving(folder, change="import server.keeper; server.keeper.BLOCKED_S = 3") as served:
        yield served


def others_answer(served: Served) -> None:
    began = time.monotonic()
    assert 200 == served.ask("second").status_code
    assert time.monotonic() - began < 2


def await_new_pid(served: Served, name: str, old: int) -> int:
    """Of the process that takes the place of the old one."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        children = {child.pid for child in served.processes()[1:]}
        if old not in children and (pid := served.pid(name)) != old:
            return pid
        time.sleep(0.02)
    raise AssertionError(f"{name} did not come back")


# What it says


def test_it_says_that_it_holds_every_secret_and_what_it_does_not_serve(served: Served) -> None:
    """A function without its settings is named, with what it lacks, and does not keep the others from starting."""
    said = served.await_line(severity="NOTICE")

    assert "holds every secret" in said["message"]
    assert "KEY_OF_SOMEBODY" in served.await_line(code="not_configured", function="needy")["message"]
    assert {"commit": COMMIT, "functions": 3, "not_served": ["needy"]} == httpx.get(
        f"{served.url}/healthz"
    ).json()
    refused = served.ask("needy")
    assert (503, "not_configured") == (refused.status_code, refused.json()["code"])


def test_a_function_is_given_its_own_settings_alone(served: Served) -> None:
    assert "SUPABASE_SECRET_KEY" not in served.ask("first").json()["settings"]
    assert "SUPABASE_SECRET_KEY" in served.ask("trusted").json()["settings"]


def test_where_memory_ends_it_is_a_function_that_goes(served: Served) -> None:
    def score(pid: int) -> int:
        return int(Path(f"/proc/{pid}/oom_score_adj").read_text())

    assert score(served.pid("first")) > score(served.process.pid)


def test_no_process_takes_memory_in_pages_of_two_megabytes(served: Served) -> None:
    """An allocator that asks for them makes each process a fifth heavier, and the container is for twenty."""
    rollup = Path(f"/proc/{served.pid('first')}/smaps_rollup").read_text().split()

    assert "0" == rollup[rollup.index("AnonHugePages:") + 1]


# The way through


def test_paths_lead_to_functions_and_bare_names_to_pages(served: Served) -> None:
    assert 200 == httpx.get(f"{served.url}/second").status_code
    assert 404 == httpx.get(f"{served.url}/first").status_code
    assert 404 == httpx.get(f"{served.url}/functions/v1/nobody").status_code
    assert 200 == httpx.get(f"{served.url}/functions/v1/first/deeper").status_code


def test_everything_goes_through_as_it_is(served: Served) -> None:
    """Bodies both ways, queries, methods, repeated headers; and nothing is made up that the caller did not send."""
    url = f"{served.url}/functions/v1/first"
    told = httpx.put(url, params={"a": "%2F +é"}, content=b"x" * 900_000, headers={"x-a": "1"}).json()
    chunked = httpx.post(url, content=iter([b"x" * 70_000] * 3)).json()

    assert (900_000, 210_000) == (told["body"], chunked["body"])
    assert {"a": "%2F +é"} == told["query"]
    assert "1" == told["headers"]["x-a"]
    assert f"127.0.0.1:{served.port}" == told["headers"]["host"]
    assert 5_000_000 == len(served.ask("first", what="parts").content)
    assert ["a=1", "b=2"] == [
        each.split(";")[0] for each in served.ask("first", what="cookies").headers.get_list("set-cookie")
    ]
    assert b"" == httpx.head(url).content
    with closing(HTTPConnection("127.0.0.1", served.port)) as client:
        client.request("GET", "/functions/v1/first")
        bare = json.loads(client.getresponse().read())["headers"]
    assert "" == bare.get("user-agent", "")
    assert COMMIT == httpx.get(url).headers["x-commit"]


def test_the_caller_is_who_the_router_saw_or_a_trusted_proxy_before_it(folder: Path) -> None:
    """The router counts as no proxy, so that TRUSTED_PROXIES is the same for one container and for services."""
    forged = {"x-router-peer": "9.9.9.9", "x-forwarded-for": "8.8.8.8"}
    for proxies, seen in (("0", "127.0.0.1"), ("1", "8.8.8.8")):
        with serving(folder, TRUSTED_PROXIES=proxies) as served:
            reply = httpx.get(f"{served.url}/functions/v1/first", headers=forged)
            assert seen == reply.json()["address"]


# What goes wrong


def test_a_slow_function_is_cut_off_after_its_own_time_and_stops_nobody(served: Served) -> None:
    with ThreadPoolExecutor(1) as asking:
        slow = asking.submit(served.ask, "first", what="wait", seconds=20)
        time.sleep(0.2)
        others_answer(served)
        assert (504, "timed_out") == (slow.result().status_code, slow.result().json()["code"])


def test_a_blocked_function_stops_nobody_and_is_killed(served: Served) -> None:
    """Nobody can ask it to end: its loop does not go round."""
    pid = served.pid("first")
    with ThreadPoolExecutor(1) as asking:
        blocked = asking.submit(served.ask, "first", what="block", seconds=60)
        time.sleep(0.2)
        others_answer(served)
        reply = blocked.result()

    assert (503, "unavailable") == (reply.status_code, reply.json()["code"])
    assert "first" == served.await_line(code="blocked")["function"]
    assert pid != await_new_pid(served, "first", pid)


@pytest.mark.parametrize("how", ["by itself", "killed"])
def test_a_function_that_dies_is_back_at_once_and_stops_nobody(served: Served, how: str) -> None:
    """Its caller is told in the usual shape; a neighbour's request, under way meanwhile, has its answer."""
    pid = served.pid("first")
    with ThreadPoolExecutor(2) as asking:
        neighbour = asking.submit(served.ask, "second", what="wait", seconds=1)
        dying = asking.submit(served.ask, "first", what="die" if how == "by itself" else "wait", seconds=2)
        time.sleep(0.3)
        if how == "killed":
            os.kill(pid, signal.SIGKILL)
        reply = dying.result()
        assert 200 == neighbour.result().status_code

    assert (503, "unavailable", "*") == (
        reply.status_code,
        reply.json()["code"],
        reply.headers["access-control-allow-origin"],
    )
    began = time.monotonic()
    assert pid != await_new_pid(served, "first", pid)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_router_that_is_ended_is_back_at_once_and_no_function_notices(
    served: Served, how: signal.Signals
) -> None:
    """Told to end, it lets nobody new in; the next one does, on the same socket."""
    function = served.pid("first")
    router = next(
        child
        for child in served.processes()[1:]
        if child.pid not in (function, served.pid("second"))
        and any(
            one.laddr.port == served.port for one in child.net_connections("tcp") if one.status == "LISTEN"
        )
    )
    router.send_signal(how)
    router.wait(10)

    assert function == served.pid("first")


# How many there are


def test_what_is_idle_is_let_go_and_there_again_when_asked(folder: Path) -> None:
    change = "import server.keeper; server.keeper.IDLE_S = 0.5"
    with serving(folder, change=change) as served:
        pid = served.pid("first")
        psutil.Process(pid).wait(10)

        assert pid != served.pid("first")
        assert not [line for line in served.lines() if line.get("code") == "died"]


def test_there_are_never_more_than_the_memory_allows(folder: Path) -> None:
    """Who has been idle longest makes room; while all are at work, the next waits until one is done."""
    change = "import server.keeper; server.keeper._most = lambda functions: 2"
    with serving(folder, change=change) as served, ThreadPoolExecutor(3) as asking:
        names = ("first", "second", "trusted")
        for name in names * 2:
            assert 200 == served.ask(name).status_code
            assert len(served.processes()) <= 2 + 2  # the keeper and the router
        at_work = [asking.submit(served.ask, name, what="wait", seconds=1) for name in names]

        assert [200] * 3 == [reply.result().status_code for reply in at_work]


# The end


def test_told_to_end_it_answers_what_it_has_begun_and_leaves_nothing(folder: Path) -> None:
    with serving(folder) as served, ThreadPoolExecutor(2) as asking:
        begun = [asking.submit(served.ask, name, what="wait", seconds=1) for name in ("first", "second")]
        time.sleep(0.5)
        processes = served.processes()
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)

        with pytest.raises(httpx.ConnectError):  # refused, so that a proxy goes elsewhere with it
            served.ask("trusted")
        assert [200, 200] == [each.result().status_code for each in begun]
        assert 0 == served.process.wait(5)
        assert 4 == len(processes) and not psutil.wait_procs(processes, timeout=5)[1]


def test_told_to_end_it_does_so_within_ten_seconds_whatever_a_function_does(folder: Path) -> None:
    with serving(folder) as served, ThreadPoolExecutor(1) as asking:
        asking.submit(served.ask, "second", what="block", seconds=25)
        time.sleep(1)
        processes = served.processes()
        served.process.send_signal(signal.SIGTERM)

        assert 0 == served.process.wait(10)
        assert not psutil.wait_procs(processes, timeout=2)[1]


def test_if_the_keeper_is_killed_nothing_of_it_is_left(folder: Path) -> None:
    """In a container the system sees to it; a supervisor that starts it anew must not find its port taken."""
    with serving(folder) as served:
        served.pid("first")
        processes = served.processes()
        served.process.kill()

        assert not psutil.wait_procs(processes, timeout=5)[1]


# The clock


def test_it_calls_what_is_due_with_the_secret_key_if_asked(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, due={"schedule": "* * * * *", **SECRET}, never={"schedule": "0 0 30 2 *"})
    change = "import server.scheduler; server.scheduler.to_next_minute = lambda: 0.5"
    for scheduler, is_called in (("1", True), ("", False)):
        with serving(folder, change=change, SCHEDULER=scheduler) as served:
            assert is_called == served.await_line(severity="NOTICE")["keeps_schedule"]
            time.sleep(2)
            called = {line["function"] for line in served.lines() if line.get("request_id")}
            assert ({"due"} if is_called else set()) == called
    assert SETTINGS["SUPABASE_SECRET_KEY"] not in served.log.read_text()


@pytest.mark.parametrize(("mib", "most"), [(256, 7), (512, 19), (100, 4), (8192, 71)])
def test_how_many_there_may_be_follows_the_memory_of_the_container(
    mib: int, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whichever file the system says it; without a limit, one for each function."""
    said = tmp_path / "limit"
    monkeypatch.setattr(keeper, "MEMORY_LIMITS", (str(tmp_path / "none"), str(said)))
    assert 71 == keeper._most(71)
    said.write_text("max\n")
    assert 71 == keeper._most(71)
    said.write_text(f"{mib * 2**20}\n")
    assert most == keeper._most(71)
