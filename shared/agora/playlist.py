"""M3U8 playlists as Agora writes them: how long they play, what they need, and where the player finds it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from .files import moment

# Agora leaves out the comma after the number unless the recording was started with correctEXTINF.
_EXTINF = re.compile(r"#EXTINF:\s*(\d+(?:\.\d+)?)\s*,?(.*)")
_START = re.compile(r"#EXT-X-AGORA-TRACK-EVENT:(?>.*EVENT=START).*TIME=(\d+)")

WEBM = ".webm"


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist that was read. `names` are its slices in order; `is_ended` says that no more will come."""

    names: tuple[str, ...]
    duration_seconds: float
    is_ended: bool
    started_at: datetime | None

    @property
    def plays(self) -> bool:
        """Whether a player of HLS finds anything in it: none plays WebM slices (agora.md §5.4)."""
        return any(not name.endswith(WEBM) for name in self.names)

    def missing(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The slices that are not among these bucket keys yet. Slices stand beside their playlist."""
        present = {key.rpartition("/")[2] for key in keys}
        return tuple(name for name in self.names if name.rpartition("/")[2] not in present)


def read_playlist(text: str) -> Playlist:
    """Read a playlist, forgiving what Agora forgets."""
    lines = [line.strip() for line in text.splitlines()]
    lengths = [float(found[1]) for line in lines if (found := _EXTINF.fullmatch(line))]
    starts = [time for line in lines if (found := _START.match(line)) and (time := _event_time(found[1]))]
    return Playlist(
        names=tuple(line for line in lines if line and not line.startswith("#")),
        duration_seconds=round(sum(lengths), 6),
        is_ended="#EXT-X-ENDLIST" in lines,
        started_at=min(starts, default=None),
    )


def readdress(text: str, address_of: Callable[[str], str]) -> str:
    """The playlist for a player: every slice's name replaced by its address, and the missing commas put in.

    WebM slices, of somebody who came back in a browser, are left out: they are parts of their own.
    """
    lines: list[str] = []
    for line in (line.strip() for line in text.splitlines()):
        if found := _EXTINF.fullmatch(line):
            lines.append(f"#EXTINF:{found[1]},{found[2]}")
        elif line.endswith(WEBM) and not line.startswith("#"):
            if lines and lines[-1].startswith("#EXTINF:"):
                lines.pop()
            lines.append("#EXT-X-DISCONTINUITY")
        else:
            lines.append(address_of(line) if line and not line.startswith("#") else line)
    return "\n".join(lines) + "\n"


def _event_time(digits: str) -> datetime | None:
    """Epoch milliseconds (13 digits) or yyyyMMddHHmmssSSS (17): Agora's guides show both."""
    if len(digits) != 17:
        return moment(digits)
    try:
        return datetime.strptime(digits + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None
