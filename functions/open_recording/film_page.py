"""What the page of a recording says, in words: what it is, its chapters, whose picture each lane is, its files."""

import re
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from shared.errors import Broken, Unavailable
from shared.languages.catalogue import GAP, gettext
from shared.names import one_line
from shared.words import locale

from .contract import Chapter, Film

FILES_LISTED = 100  # a person recorded alone can leave hundreds, until they are joined
NOT_IN_A_FILE_NAME = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')


def film_page(film: Film, part: int, *, is_shared: bool, address: str, streams_script: str) -> dict[str, Any]:
    """The variables of player.html. Whoever was shown a link is offered no files to keep."""
    files = [(number, one.kind) for number, one in enumerate(film.parts, start=1) if one.kind != "playlist"]
    return {
        "name": one_line(film.name) or gettext("Session"),
        "held_at": film.held_at,
        "zone": ZoneInfo(film.time_zone),
        "people": [one_line(name) for name in (film.practitioner_name, film.client_name) if name],
        "length": clock_of(film.seconds),
        "part": part,
        "part_count": len(film.parts),
        "chapters": [(one.at, clock_of(one.at), one.kind, _who(one, film)) for one in film.chapters],
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
            "words": _words_of_player(),
            "told": _told_to_player(),
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
    if megabytes < 1000:
        return gettext("%(count)s MB") % {"count": megabytes}
    return gettext("%(count)s GB") % {"count": format_decimal(count / 1e9, "0.0", locale())}


def file_name(film: Film, part: int | None, path: str) -> str:
    """Breathwork 2026-03-14, part 2.mp4: as it is called where it is saved. All of it in one has no part."""
    plain = one_line(NOT_IN_A_FILE_NAME.sub(" ", film.name or "")).strip(" .") or gettext("Session")
    day = film.held_at.astimezone(ZoneInfo(film.time_zone)).date()
    which = gettext(", part %(number)s") % {"number": part} if part and len(film.parts) > 1 else ""
    return f"{plain} {day}{which}{PurePosixPath(path).suffix}"


def _who(chapter: Chapter, film: Film) -> str:
    """Who joined or left."""
    return one_line(chapter.who) or (gettext("A participant") if film.is_class else gettext("The client"))


def _lanes(film: Film) -> list[tuple[str, str]]:
    """Each lane and its label: whose it is, and whether it has only sound or only the picture."""
    lanes = list(dict.fromkeys(part.lane for part in film.parts))
    people = list(dict.fromkeys(_person(lane) for lane in lanes if lane))
    return [(lane, _label(lane, people)) for lane in lanes]


def _label(lane: str, people: list[str]) -> str:
    if not lane:
        return gettext("Everybody")
    match lane.rpartition(" ")[2]:
        case "audio":
            label = gettext("Person %(number)s, sound only")
        case "video":
            label = gettext("Person %(number)s, picture only")
        case _:
            label = gettext("Person %(number)s")
    return label % {"number": people.index(_person(lane)) + 1}


def _words_of_player() -> dict[str, str]:
    """What player.js says; it puts the values in."""
    return {
        "play": gettext("Play"),
        "pause": gettext("Pause"),
        "position": gettext("%(at)s of %(whole)s"),
        "part": gettext("Part %(number)s of %(count)s"),
        "in_part": gettext("Part %(number)s of %(count)s: %(what)s"),
        "mp4": gettext("an MP4 video with H.264"),
        "webm": gettext("a WebM video"),
        "playlist": gettext("a stream with H.264"),
        "not_loaded": gettext("What plays streams could not be loaded."),
        "no_streams": gettext(
            "This browser does not play %(kind)s. "
            "Please try another one, such as a newer Firefox, Chrome or Safari."
        ),
        "cannot_play": gettext(
            "this browser cannot play it. It is %(kind)s, or damaged. "
            "Please try another browser, or download it where that is offered."
        ),
        "offline": gettext(
            "this device is not connected to the internet. Connect it, and load the page again."
        ),
        "unreachable": gettext(
            "the connection broke off, or the server cannot be reached. Please load the page again in a moment."
        ),
        "no_sound": gettext("this device has nothing to play its sound with."),
        "missing": gettext(
            "The file is missing from our storage. Please tell us, so that we can look for it."
        ),
        "withheld": gettext(
            "the storage does not give its file out now. Please load the page again in a moment."
        ),
        "server_ill": gettext("the server does not answer as it should."),
        "load_again": gettext("Please load the page again."),
    }


def _told_to_player() -> dict[str, str]:
    """What this function says to a player that comes back for a file: a program, which is told in English."""
    refused = (
        "This link leads to no recording, or not any more.",
        "Please ask for a new one.",
        "This link has expired.",
        "This link has been opened as often as it could be.",
        "Ask whoever sent it for a new one.",
        *(
            f"This was asked too often. Please try again in {GAP} {unit}."
            for unit in ("seconds", "minutes", "hours")
        ),
        Broken.sentence,
        Unavailable.sentence,
    )
    return {said: gettext(said) for said in refused}


def _person(lane: str) -> str:
    return re.sub(r" (audio|video)$", "", lane)
