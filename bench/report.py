"""What was measured, as a table for people: in the terminal, in results.md, and as bars in results.svg."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from xml.sax.saxutils import escape

import psutil

from .calls import FunctionCalls
from .image import describe_python


@dataclass(frozen=True)
class Row:
    """One comparison. `ratio` is ours by theirs unless taken otherwise; without a bound it is for information.

    `span` is the lowest and the highest of what the rounds gave: of the ratio, or without a peer of the number itself.
    """

    what: str
    unit: str
    ours: float
    peer: str
    theirs: float | None = None
    ratio: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    span: tuple[float, float] | None = None

    @property
    def value(self) -> float:
        """What the bound is about: the ratio, or where there is no peer the number itself."""
        if self.theirs is None:
            return self.ours
        return self.ratio if self.ratio is not None else self.ours / self.theirs

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    @property
    def reached(self) -> str:
        if not self.target:
            return ""
        is_so = self.value <= self.at_most if self.at_most is not None else self.value >= (self.at_least or 0)
        return "yes" if is_so else "no"

    def cells(self) -> tuple[str, ...]:
        ratio = f"{self.value:.2f}" if self.theirs is not None else ""
        write = _short if self.theirs is None else "{:.2f}".format
        span = " to ".join(map(write, self.span)) if self.span else ""
        theirs = (
            f"{f'{_short(self.theirs)} {self.unit}'.strip()}, {self.peer}"
            if self.theirs is not None
            else self.peer
        )
        return (
            self.what,
            f"{_short(self.ours)} {self.unit}".strip(),
            theirs,
            ratio,
            span,
            self.target,
            self.reached,
        )


def table(rows: Sequence[Row]) -> str:
    """The comparisons, aligned for a terminal as well as for Markdown."""
    return _aligned(
        [("what", "ours", "peer", "ratio", "range", "target", "reached"), *(row.cells() for row in rows)]
    )


def calls_table(calls: Mapping[str, FunctionCalls]) -> str:
    """How often each function asks the database in one request."""
    lines = [("function", "calls in a request", "target", "reached")]
    for name, one in calls.items():
        low, high = min(one.calls), max(one.calls)
        span = str(high) if low == high else f"{low} to {high}"
        if one.target is None:
            lines.append((name, span, "", ""))
        else:
            lines.append((name, span, f"≤ {one.target}", "yes" if high <= one.target else "no"))
    return _aligned(lines)


def write(
    folder: Path,
    rows: Sequence[Row],
    calls: Mapping[str, FunctionCalls],
    how: Sequence[ModuleType],
    load: tuple[float, float],
) -> None:
    """results.md and results.svg. `load` is how many others wanted a processor before and after."""
    now = datetime.now(UTC)
    missed = ", ".join(f"{row.what} ({row.peer})" for row in rows if row.reached == "no")
    text = f"""# What it measures against its peers

Made by `make bench` on {now:%Y-%m-%d %H:%M} UTC: {machine()}. Everything side by side in one run; numbers of
different runs or machines do not compare, ratios do. Numbers are medians of the rounds; the range is the lowest and
the highest of the rounds' own ratios. Load of the machine before it began and when it ended: {load[0]:.1f} and
{load[1]:.1f}.

![Ratios, and where their targets lie](results.svg)

{table(rows)}

Missed: {missed or "nothing"}.

Calls to the database, one RPC each:

{calls_table(calls)}

## How

{chr(10).join(module.__doc__ or "" for module in how)}
"""
    (folder / "results.md").write_text(text)
    (folder / "results.svg").write_text(
        picture([row for row in rows if row.theirs is not None and row.target])
    )


def machine() -> str:
    """What it ran on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores of {cpu}, {memory:.0f} GB, {platform.system()}, {describe_python()}"


def picture(rows: Sequence[Row]) -> str:
    """A bar for each ratio, green where it reaches its target; the line in it is the target."""
    left, width, step = 330, 460, 34
    longest = max([1.0, *(max(row.value, row.at_most or 0, row.at_least or 0) for row in rows)])
    height = step * len(rows) + 46
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 60} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{left}" y="18" fill="#555">'
        "ours, where the peer is 1; the mark is the target</text>",
    ]
    for place, row in enumerate(rows):
        y, bound = 30 + place * step, row.at_most if row.at_most is not None else row.at_least or 0
        bar, mark = row.value / longest * width, left + bound / longest * width
        colour = "#3a9d6e" if row.reached == "yes" else "#d08a2e"
        parts += [
            f'<text x="{left - 10}" y="{y + 16}" text-anchor="end">{escape(row.what)} : {escape(row.peer)}</text>',
            f'<rect x="{left}" y="{y}" width="{bar:.0f}" height="22" rx="3" fill="{colour}"/>',
            f'<text x="{left + bar + 6:.0f}" y="{y + 16}">{row.value:.2f}</text>',
            f'<line x1="{mark:.0f}" x2="{mark:.0f}" y1="{y - 3}" y2="{y + 25}" stroke="#222" stroke-width="2"/>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in (lines[0], rule, *lines[1:])
    )


def _short(number: float) -> str:
    if number >= 20 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 1 else f"{number:.2f}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
