"""`make bench`: everything in design order, on a stack of its own; `--quick` for a look while working on it."""

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from pytest_httpserver import HTTPServer

from deploy.functions import functions
from deploy.imports import modules
from local.config import Config, Port
from local.install import install_node
from local.processes import Processes
from local.progress import ProgressLine
from local.stack import Stack
from tests.cast import Stage
from tests.payment_scene import FakeStripe
from tests.recording_scene import SPEED, AgoraEmulator

from . import bookings, calls, cold, copying, growth, image, policies, programs, report, slots, warm, webhooks
from .cold import Start
from .programs import BENCH, deno
from .report import Row

NAME = "get-liability-waiver-status"
RPC = NAME.replace("-", "_")
TWIN = BENCH / "twins" / f"{RPC}.ts"
# Calls first: after half an hour in which no clock calls, `status` says that everything is late.
PARTS = ("calls", "cold", "warm", "webhooks", "slots", "bookings", "policies", "growth", "copy")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few turns, nothing written")
    parser.add_argument("--before", metavar="COMMIT", help="book on the migrations of that commit, too")
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)}; all, unless named")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    install_node(BENCH, BENCH / "package-lock.json")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # what Stripe is asked need not be logged
    with HTTPServer() as stripe, _stack(stripe) as stack:
        bench = Bench(stack, FakeStripe(stripe), quick=options.quick, before=options.before)
        for part in options.parts:
            getattr(bench, part)()
        bench.close()
    print(f"\n{report.table(bench.rows)}")
    if bench.function_calls:
        print(f"\n{report.calls_table(bench.function_calls)}")
    if not options.quick and options.parts == PARTS:
        how = (cold, warm, webhooks, calls, slots, bookings, policies, growth, copying)
        report.write(BENCH, bench.rows, bench.function_calls, how, (load, os.getloadavg()[0]))
        print(f"\nWritten to {BENCH / 'results.md'}")


@contextmanager
def _stack(stripe: HTTPServer) -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        state = Path(folder)
        state.chmod(0o711)  # PostgreSQL may run as somebody else, who must get to its folder in here
        with ProgressLine("Local stack"):
            stack = Stack(state, env={"STRIPE_API_URL": stripe.url_for("").rstrip("/")}).start()
        try:
            yield stack
        finally:
            stack.stop()


class Bench:
    """One run, and what it found."""

    def __init__(self, stack: Stack, stripe: FakeStripe, *, quick: bool, before: str | None) -> None:
        self._stack, self._stripe, self._quick, self._before = stack, stripe, quick, before
        self._stage = Stage(stack.env)
        self._agora = AgoraEmulator(stack.env)
        self._agora.set_speed(SPEED)
        self._processes = Processes(stack.state / "bench")
        base = int(stack.env["SUPABASE_URL"].rpartition(":")[2])
        # Past the gateway, for all of them: it is not what is measured.
        rest = Config(stack.state, base).url(Port.REST)
        self._env = {**stack.env, "SUPABASE_REST_URL": rest}
        with ProgressLine("Image"):
            self._image = image.build(stack.state)
        self._ours = programs.function(NAME, self._env, self._image)
        # The twin verifies the token where ours does.
        leaves = {} if "jwt" in modules(functions()[NAME]) else {"LEAVES_TOKEN": "1"}
        self._twin = deno("twin", TWIN, {**self._env, **leaves}, stack.state / "deno")
        person = self._stage.client()
        self._signed = {"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"], **person.headers}
        self.rows: list[Row] = []
        self.function_calls: dict[str, calls.FunctionCalls] = {}

    def close(self) -> None:
        self._stage.close()
        self._agora.http.close()

    def cold(self) -> None:
        """From the start of a process to its first answer."""
        turns = 3 if self._quick else 15
        everything = programs.all_functions(NAME, self._env, self._image)
        starts = {
            "bare": Start(programs.framework(BENCH / "twins" / "bare.py", self._image), 200),
            "refused": Start(self._ours, 401),
            "ours": Start(self._ours, 200, self._signed),
            "twin refused": Start(self._twin, 401),
            "twin": Start(self._twin, 200, self._signed),
            "all": Start(everything, 200, self._signed),
        }
        with ProgressLine("Cold starts") as live:
            cold.measure(starts, self._processes, turns, live.detail)
        for what, ours, theirs, at_most in (
            ("not signed in", "refused", "bare", 0.8),
            ("signed in", "ours", "bare", 0.85),
            ("not signed in", "refused", "twin refused", 2.8),
            ("signed in", "ours", "twin", 2.6),
            ("signed in, of all functions in one container", "all", "bare", None),
        ):
            peer = "bare function" if theirs == "bare" else "Deno twin"
            mine, other = starts[ours].times_ms, starts[theirs].times_ms
            self.rows.append(_versus(mine, other, peer, f"first answer, {what}", "ms", at_most=at_most))
        bare_mb, twin_mb = (f"{median(starts[name].memory_mb):.0f} MB" for name in ("bare", "twin"))
        self.rows += [
            _alone(
                starts["ours"].memory_mb,
                f"bare function {bare_mb}, Deno twin {twin_mb}",
                "memory after it",
                "MB",
                at_most=45,
            ),
            _alone(starts["all"].memory_mb, "", "memory of all functions after it", "MB", at_most=80),
        ]

    def warm(self) -> None:
        """Requests to servers that run already."""
        rounds, seconds = (2, 3.0) if self._quick else (7, 5.0)
        with (
            ProgressLine("Warm requests") as live,
            programs.running(self._ours, self._processes) as ours,
            programs.running(self._twin, self._processes) as twin,
        ):
            for server in (ours, twin):
                assert server.post(self._signed)[0] == 200  # it listens, and does what it is here for
            urls = {
                "ours": ours.url,
                "Deno twin": twin.url,
                "PostgREST itself": f"{self._env['SUPABASE_REST_URL']}/rpc/{RPC}",
            }
            samples = warm.measure(urls, self._signed, rounds, seconds, live.detail)
        for peer, per_second, p99 in (("Deno twin", 1.15, 0.9), ("PostgREST itself", 0.72, None)):
            mine, theirs = samples["ours"], samples[peer]
            self.rows += [
                _versus(mine.per_second, theirs.per_second, peer, "warm requests", "/s", at_least=per_second),
                _versus(mine.p50_ms, theirs.p50_ms, peer, "half of them within", "ms"),
                _versus(mine.p99_ms, theirs.p99_ms, peer, "99 % of them within", "ms", at_most=p99),
            ]

    def webhooks(self) -> None:
        """What signed events are taken in."""
        rounds, each = (1, 200) if self._quick else (5, 1000)
        function = programs.function(webhooks.FUNCTION, self._stack.env, self._image)
        with ProgressLine("Webhooks") as live:
            samples = webhooks.measure(
                self._stage,
                self._agora,
                function,
                self._processes,
                rounds,
                each,
                self._stack.state,
                live.detail,
            )
        mine, theirs = samples.values()
        peer = "PostgREST itself"
        self.rows += [
            _versus(mine.per_second, theirs.per_second, peer, "signed channel events", "/s"),
            _versus(mine.p99_ms, theirs.p99_ms, peer, "99 % of them within", "ms"),
        ]

    def calls(self) -> None:
        """How often each function asks the database."""
        with ProgressLine("Calls to the database"):
            self.function_calls = calls.measure(
                self._stage, self._agora, self._stripe, self._stack.state / "log"
            )

    def slots(self) -> None:
        """A month of fifty calendars."""
        function = programs.function("get-available-slots", self._env, self._image)
        with ProgressLine("Slot search") as live:
            search = slots.measure(
                self._stage, function, self._processes, self._signed, 3 if self._quick else 15, live.detail
            )
        what = f"slots of {slots.DAYS} days × {slots.PRACTITIONERS} practitioners"
        self.rows += [
            _versus(search.ours, search.direct, "PostgREST itself", what, "ms"),
            Row("calls to the database for them", "", search.calls, f"{search.starts:,} starts", at_most=1),
        ]

    def bookings(self) -> None:
        """Everybody books at once."""
        turns, each, attempts = (1, 50, 1000) if self._quick else (5, 200, bookings.ATTEMPTS)
        with ProgressLine("Bookings") as live:
            seen = bookings.measure(turns, each, attempts, self._before, self._stack.state, live.detail)
        ours = seen.speeds[bookings.OURS]
        for name, peer, at_least in (
            (bookings.BESIDE, "one function", None),
            (bookings.BEFORE, f"commit {self._before}", 1.3),
        ):
            if other := seen.speeds.get(name):
                what = f"booked, {bookings.CONNECTIONS} at once"
                self.rows.append(_versus(ours.booked, other.booked, peer, what, "/s", at_least=at_least))
        peer, other = "one function", seen.speeds[bookings.BESIDE]
        first = "first booking in a connection"
        self.rows += [
            _versus(
                ours.attempts_per_cpu,
                other.attempts_per_cpu,
                peer,
                "attempts a second of processor time",
                "",
                at_least=0.25,
            ),
            _versus(ours.first_ms, other.first_ms, peer, first, "ms"),
            _versus(ours.first_ms, ours.later_ms, "a later one", first, "ms"),
            Row(f"wrong after {attempts:,} attempts", "", sum(seen.wrong.values()), "", at_most=0),
        ]

    def policies(self) -> None:
        """What row-level security costs when there is much."""
        turns, many = (5, 100_000) if self._quick else (31, policies.ROWS)
        with ProgressLine("Policies") as live:
            timings = policies.measure(turns, many, live.detail)
        self.rows += [
            _versus(
                one.with_policies, one.without, "no policies", f"{many:,} rows: {name}", "ms", at_most=1.2
            )
            for name, one in timings.items()
        ]
        through = [name for name, one in timings.items() if one.is_read_through]
        self.rows.append(
            Row("large tables read through", "", len(through), ", ".join(through) or "EXPLAIN", at_most=0)
        )

    def growth(self) -> None:
        """A platform ten times as large."""
        sizes, turns = ((3_000, 30_000), 3) if self._quick else (growth.SIZES, 9)
        with ProgressLine("Growth") as live:
            grown = growth.measure(sizes, turns, live.detail)
        self.rows += growth.rows(grown, sizes)

    def copy(self) -> None:
        """A recording from the bucket to storage."""
        if not shutil.which("curl"):
            print("There is no curl here, so copies are not compared.", file=sys.stderr)
            return
        turns, size_mb = (1, 60) if self._quick else (5, 240)
        function = programs.function("process-recording", self._stack.env, self._image)
        with ProgressLine("Copies") as live:
            copies = copying.measure(
                self._stage, self._agora, function, self._processes, turns, size_mb, live.detail
            )
        self.rows += [
            _versus(
                copies.ours_mb_s,
                copies.curl_mb_s,
                "curl, verified",
                "copy of a recording",
                "MB/s",
                at_least=1.05,
            ),
            Row("the first copy of a process", "MB/s", copies.first_mb_s, "beside no other"),
            Row("memory above idle", "MB", copies.above_idle_mb, f"copies of {size_mb} MB", at_most=64),
        ]


def _versus(
    ours: list[float], theirs: list[float], peer: str, what: str, unit: str, **bounds: float | None
) -> Row:
    """A comparison in turns: the median of each side, and of the turns' own ratios, and how far those are apart."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    span = (min(ratios), max(ratios))
    return Row(what, unit, median(ours), peer, median(theirs), median(ratios), **bounds, span=span)


def _alone(ours: list[float], peer: str, what: str, unit: str, **bounds: float | None) -> Row:
    """A number by itself."""
    return Row(what, unit, median(ours), peer, **bounds, span=(min(ours), max(ours)))


if __name__ == "__main__":
    main()
