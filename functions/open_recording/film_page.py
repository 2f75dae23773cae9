"""What the page of a recording says, in words: what it is, its chapters, whose picture each lane is, its files."""

import re
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from shared.names import one_line

from .contract import Chapter, Film

FILES_LISTED = 100  # a person recorded alone can leave hundreds, until they are joined
NOT_IN_A_FILE_NAME = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')


def film_page(film: Film, part: int, *, is_shared: bool, address: str, streams_script: str) -> dict[str, Any]:
    """The variables of player.html. Whoever was shown a link is offered no files to keep."""
    files = [(number, one.kind) for number, one in enumerate(film.parts, start=1) if one.kind != "playlist"]
    return {
        "name": one_line(film.name) or "Session",
        "held_at": film.held_at,
        "zone": ZoneInfo(film.time_zone),
        "people": [one_line(name) for name in (film.practitioner_name, film.client_name) if name],
        "length": clock_of(film.seconds),
        "part": part,
        "part_count": len(film.parts),
        "chapters": [(one.at, clock_of(one.at), *_words(one, film)) for one in film.chapters],
        "lanes": _lanes(film),
        "joined_size": None if is_shared else size_of(film.joined_bytes),
        "files": [] if is_shared else files[:FILES_LISTED],
        "file_count": 0 if is_shared else len(files),
        "has_streams": len(files) < len(film.parts),
        "is_shared": is_shared,
        "address": address,
        "film": {
            "address": address,
            "streamsScript": streams_script,
            "part": part,
            "seconds": film.seconds,
            "parts": [one.model_dump() for one in film.parts],
        },
    }


def clock_of(seconds: float) -> str:
    """4:05, or 1:02:03."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def size_of(count: int | None) -> str | None:
    """84 MB, or 1.2 GB, of so many bytes, as systems count that show files."""
    if count is None:
        return None
    megabytes = max(1, round(count / 1e6))
    return f"{megabytes} MB" if megabytes < 1000 else f"{count / 1e9:.1f} GB"


def file_name(film: Film, part: int | None, path: str) -> str:
    """Breathwork 2026-03-14, part 2.mp4: as it is called where it is saved. All of it in one has no part."""
    plain = one_line(NOT_IN_A_FILE_NAME.sub(" ", film.name or "")).strip(" .") or "Session"
    day = film.held_at.astimezone(ZoneInfo(film.time_zone)).date()
    which = f", part {part}" if part and len(film.parts) > 1 else ""
    return f"{plain} {day}{which}{PurePosixPath(path).suffix}"


def _words(chapter: Chapter, film: Film) -> tuple[str, str]:
    """Who, and what they did."""
    if chapter.kind in ("begins", "goes_on"):
        return "", "Beginning" if chapter.kind == "begins" else "The recording goes on after a break"
    nobody_named = "A participant" if film.is_class else "The client"
    return one_line(chapter.who) or nobody_named, "joined" if chapter.kind == "joined" else "left"


def _lanes(film: Film) -> list[tuple[str, str]]:
    """Each lane and its label: whose it is, and whether it has only sound or only the picture."""
    lanes = list(dict.fromkeys(part.lane for part in film.parts))
    people = list(dict.fromkeys(_person(lane) for lane in lanes if lane))
    only = {"audio": ", sound only", "video": ", picture only"}
    return [
        (
            lane,
            f"Person {people.index(_person(lane)) + 1}{only.get(lane.rpartition(' ')[2], '')}"
            if lane
            else "Everybody",
        )
        for lane in lanes
    ]


def _person(lane: str) -> str:
    return re.sub(r" (audio|video)$", "", lane)
