"""`make bench`: everything in design order, on a stack of its own; `--quick` for a look while working on it."""

import argparse
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from pytest_httpserver import HTTPServer

from local.config import ROOT, Config, Port
from local.install import install_node
from local.processes import Processes
from local.progress import ProgressLine
from local.stack import Stack
from tests.cast import Stage
from tests.payment_scene import FakeStripe
from tests.recording_scene import SPEED, AgoraEmulator

from . import bookings, calls, cold, copying, growth, policies, programs, report, slots, warm
from .cold import Start
from .programs import BENCH, deno, python
from .report import Row

NAME = "get_liability_waiver_status"
OURS = ROOT / "functions" / NAME / "main.py"
TWIN = BENCH / "twins" / f"{NAME}.ts"
PARTS = ("cold", "warm", "calls", "slots", "bookings", "policies", "growth", "copy")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few turns, nothing written")
    parser.add_argument("parts", nargs="*", default=PARTS, help="all, unless named")
    options = parser.parse_args()
    install_node(BENCH, BENCH / "package-lock.json")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # what Stripe is asked need not be logged
    with HTTPServer() as stripe, _stack(stripe) as stack:
        bench = Bench(stack, FakeStripe(stripe), quick=options.quick)
        for part in options.parts:
            getattr(bench, part)()
        bench.close()
    print(f"\n{report.table(bench.rows)}")
    if bench.function_calls:
        print(f"\n{report.calls_table(bench.function_calls)}")
    if not options.quick and options.parts == PARTS:
        how = (cold, warm, calls, slots, bookings, policies, growth, copying)
        report.write(BENCH, bench.rows, bench.function_calls, how)
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

    def __init__(self, stack: Stack, stripe: FakeStripe, *, quick: bool) -> None:
        self._stack, self._stripe, self._quick = stack, stripe, quick
        self._stage = Stage(stack.env)
        self._agora = AgoraEmulator(stack.env)
        self._agora.set_speed(SPEED)
        self._processes = Processes(stack.state / "bench")
        base = int(stack.env["SUPABASE_URL"].rpartition(":")[2])
        # Past the gateway, for all of them: it is not what is measured.
        rest = Config(stack.state, base).url(Port.REST)
        self._env = {**stack.env, "SUPABASE_REST_URL": rest}
        self._ours = python("ours", OURS, self._env)
        self._twin = deno("twin", TWIN, self._env, stack.state / "deno")
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
        starts = {
            "bare": Start(python("bare", BENCH / "twins" / "bare.py", {}), 200),
            "refused": Start(self._ours, 401),
            "ours": Start(self._ours, 200, self._signed),
            "twin refused": Start(self._twin, 401),
            "twin": Start(self._twin, 200, self._signed),
        }
        with ProgressLine("Cold starts") as live:
            cold.measure(starts, self._processes, turns, live.detail)
        for what, ours, theirs, at_most in (
            ("not signed in", "refused", "bare", 1.3),
            ("signed in", "ours", "bare", 1.3),
            ("not signed in", "refused", "twin refused", None),
            ("signed in", "ours", "twin", None),
        ):
            peer = "bare function" if theirs == "bare" else "Deno twin"
            mine, other = starts[ours].times_ms, starts[theirs].times_ms
            self.rows.append(_versus(mine, other, peer, f"first answer, {what}", "ms", at_most=at_most))
        twin_mb = starts["twin"].memory_mb
        self.rows.append(
            Row("memory after it", "MB", starts["ours"].memory_mb, f"Deno twin {twin_mb:.0f} MB", at_most=90)
        )

    def warm(self) -> None:
        """Requests to servers that run already."""
        rounds, seconds = (2, 3.0) if self._quick else (7, 5.0)
        quick_twin = replace(self._twin, env={**self._twin.env, "ONE_CLIENT": "1"})
        with (
            ProgressLine("Warm requests") as live,
            programs.running(self._ours, self._processes) as ours,
            programs.running(self._twin, self._processes) as twin,
            programs.running(quick_twin, self._processes) as quick,
        ):
            for server in (ours, twin, quick):
                assert server.post(self._signed)[0] == 200  # it listens, and does what it is here for
            urls = {
                "ours": ours.url,
                "Deno twin": twin.url,
                "Deno twin, one client": quick.url,
                "PostgREST itself": f"{self._env['SUPABASE_REST_URL']}/rpc/{NAME}",
            }
            samples = warm.measure(urls, self._signed, rounds, seconds, live.detail)
        mine = samples.pop("ours")
        for peer, theirs in samples.items():
            is_twin = peer != "PostgREST itself"
            self.rows += [
                _versus(
                    mine.per_second,
                    theirs.per_second,
                    peer,
                    "warm requests",
                    "/s",
                    at_least=1.1 if is_twin else 0.6,
                ),
                _versus(mine.p50_ms, theirs.p50_ms, peer, "half of them within", "ms"),
                _versus(
                    mine.p99_ms,
                    theirs.p99_ms,
                    peer,
                    "99 % of them within",
                    "ms",
                    at_most=0.9 if is_twin else None,
                ),
            ]

    def calls(self) -> None:
        """How often each function asks the database."""
        with ProgressLine("Calls to the database"):
            self.function_calls = calls.measure(
                self._stage, self._agora, self._stripe, self._stack.state / "log"
            )

    def slots(self) -> None:
        """A month of fifty calendars."""
        function = python("slots", ROOT / "functions" / "get_available_slots" / "main.py", self._env)
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
        turns, seconds, attempts = (1, 2, 1000) if self._quick else (3, 3, bookings.ATTEMPTS)
        with ProgressLine("Bookings") as live:
            seen = bookings.measure(turns, seconds, attempts, self._stack.state, live.detail)
        self.rows += [
            _versus(
                seen.ours,
                seen.bare,
                "the same without rules",
                f"booked, {bookings.CONNECTIONS} at once",
                "/s",
            ),
            Row(
                f"wrong after {attempts:,} attempts",
                "",
                sum(seen.wrong.values()),
                f"without rules {seen.bare_double:,} double bookings",
                at_most=0,
            ),
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
        held = [one for one in grown if not one.is_excepted]
        much = [one.name for one in held if one.reads_much]
        more = [one.name for one in held if one.grows]
        what = f"{len(held)} questions, {sizes[0]:,} and {sizes[1]:,} sessions"
        answered = [one for one in held if one.small_ms]
        self.rows += [
            Row("read over 1,000 rows they do not give", "", len(much), ", ".join(much) or what, at_most=0),
            Row("read more, the more there is", "", len(more), ", ".join(more) or what, at_most=0),
            Row(
                "time, ten times as many",
                "×",
                median(one.large_ms / one.small_ms for one in answered),
                what,
                at_most=1.3,
            ),
        ]

    def copy(self) -> None:
        """A recording from the bucket to storage."""
        if not shutil.which("curl"):
            print("There is no curl here, so copies are not compared.", file=sys.stderr)
            return
        turns, size_mb = (1, 60) if self._quick else (3, 240)
        function = python("process", ROOT / "functions" / "process_recording" / "main.py", self._stack.env)
        with ProgressLine("Copies") as live:
            copies = copying.measure(
                self._stage, self._agora, function, self._processes, turns, size_mb, live.detail
            )
        self.rows += [
            _versus(
                copies.ours_mb_s, copies.curl_mb_s, "curl | curl", "copy of a recording", "MB/s", at_least=0.7
            ),
            Row("memory above idle", "MB", max(copies.above_idle_mb), f"{size_mb} MB copied", at_most=64),
        ]


def _versus(
    ours: list[float], theirs: list[float], peer: str, what: str, unit: str, **bounds: float | None
) -> Row:
    """A comparison in turns: the median of each side, and of the turns' own ratios."""
    ratio = median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return Row(what, unit, median(ours), peer, median(theirs), ratio, **bounds)


if __name__ == "__main__":
    main()
