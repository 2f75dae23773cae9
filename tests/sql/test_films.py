"""Films: what plays when, which chapters there are, and who is named to whom."""

from typing import Any

import pytest

from .conftest import CLIENT, IDENTITIES, Sandbox
from .lifecycle_steps import begin, begin_class
from .recording_steps import add_take, ago

NAMES = ("Client of Ours", "Other Participant")


def completed(seconds: int, minutes: float, mode: str = "mix") -> str:
    """A take of so many seconds that began so many minutes ago."""
    return (
        f"status = 'completed', mode = '{mode}', started_at = {ago(minutes)}, media_started_at = {ago(minutes)},"
        f" ended_at = {ago(minutes)}, storage_path = 'x', duration_seconds = {seconds}, file_size_bytes = 10"
    )


def add_files(sandbox: Sandbox, session: str, number: int, *files: tuple[str, str, int]) -> None:
    """Of a take, in their order: kind, name and size."""
    for position, (kind, name, size) in enumerate(files, start=1):
        sandbox.run(
            "insert into private.recording_files"
            " (take_id, position, kind, source_key, source_etag, size_bytes, storage_path)"
            " select id, %s, %s, 'k', 'e', %s, session_id || '/' || number || %s"
            " from private.recording_takes where session_id = %s and number = %s",
            position,
            kind,
            size,
            name,
            session,
            number,
        )


def attend(sandbox: Sandbox, session: str, who: str, *stays: tuple[float, float]) -> None:
    """From so many minutes ago until so many, in a row of their own."""
    ranges = " + ".join(f"tstzmultirange(tstzrange({ago(since)}, {ago(until)}))" for since, until in stays)
    sandbox.run(
        "insert into public.session_attendance (session_id, user_id, source, joined_at, intervals)"
        f" values (%s, %s, 'agora', {ago(stays[0][0])}, {ranges})",
        session,
        IDENTITIES[who][1],
    )


def parts(sandbox: Sandbox, session: str) -> list[tuple[Any, ...]]:
    rows = sandbox.run(
        "select p.* from public.session_recordings r, private.list_film_parts(r.id) p"
        " where r.session_id = %s",
        session,
    )
    keys = ("number", "kind", "lane", "starts_at", "seconds")
    return [tuple(row[key] for key in keys) for row in rows]


def film(sandbox: Sandbox, session: str, *, names_client: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.one(
        "select private.describe_film(r, %s) from public.session_recordings r where r.session_id = %s",
        names_client,
        session,
    )
    return found


@pytest.fixture
def named(sandbox: Sandbox) -> Sandbox:
    """Two clients with names."""
    sandbox.act_as("owner")
    for who, name in zip(("client", "other"), NAMES, strict=True):
        sandbox.run("update public.profiles set full_name = %s where id = %s", name, IDENTITIES[who][1])
    return sandbox


def test_takes_follow_each_other_and_a_failed_one_takes_no_time(sandbox: Sandbox) -> None:
    session = begin(sandbox, since=50)
    add_take(sandbox, session, 1, completed(60, 40))
    add_take(sandbox, session, 2, f"status = 'failed', started_at = {ago(30)}")
    add_take(sandbox, session, 3, completed(100, 20))
    add_files(sandbox, session, 1, ("mp4", "_0.mp4", 10))
    add_files(sandbox, session, 2, ("mp4", "_0.mp4", 10))
    add_files(
        sandbox, session, 3, ("playlist", ".m3u8", 30), ("slice", "_1.ts", 10), ("playlist", "bak0.m3u8", 10)
    )

    assert parts(sandbox, session) == [
        (1, "mp4", "", 0, 60),
        (2, "playlist", "", 60, 75),
        (3, "playlist", "", 135, 25),
    ]
    assert [(each["at"], each["kind"]) for each in film(sandbox, session)["chapters"]] == [
        (0, "begins"),
        (60, "goes_on"),
    ]


def test_people_recorded_alone_play_side_by_side(sandbox: Sandbox) -> None:
    """Each a lane as long as the take; sound and picture apart are two."""
    session = begin(sandbox, since=50)
    add_take(sandbox, session, 1, completed(60, 40, "individual"))
    add_files(
        sandbox,
        session,
        1,
        ("playlist", "__uid_s_1001__uid_e_av.m3u8", 10),
        ("webm", "__uid_s_1002__uid_e_audio_1.webm", 10),
        ("webm", "__uid_s_1002__uid_e_audio_2.webm", 20),
        ("webm", "__uid_s_1002__uid_e_video_1.webm", 30),
    )

    assert [part[2:] for part in parts(sandbox, session)] == [
        ("1001", 0, 60),
        ("1002 audio", 0, 20),
        ("1002 audio", 20, 40),
        ("1002 video", 0, 60),
    ]


def test_chapters_say_who_came_and_left_while_it_was_recorded(named: Sandbox) -> None:
    """Not that all came when it began and left as it ended, nor what happened between takes."""
    session = begin(named, since=50)
    add_take(named, session, 1, completed(600, 40))
    add_take(named, session, 2, completed(600, 20))
    attend(named, session, "client", (40, 38), (36, 25), (22, 15))
    attend(named, session, "practitioner", (49, 10))

    told = [(each["at"], each["kind"], each["who"]) for each in film(named, session)["chapters"]]

    assert told == [
        (0, "begins", None),
        (120, "left", NAMES[0]),
        (240, "joined", NAMES[0]),
        (600, "goes_on", None),
        (900, "left", NAMES[0]),
    ]


def test_of_people_recorded_alone_nothing_is_said_about_when(named: Sandbox) -> None:
    """Each picture begins when its person does."""
    session = begin(named, since=50)
    add_take(named, session, 1, completed(600, 40, "individual"))
    attend(named, session, "client", (38, 36))

    assert [each["kind"] for each in film(named, session)["chapters"]] == ["begins"]


def test_a_shared_link_names_no_client(named: Sandbox) -> None:
    """Neither beside the film nor in a chapter; the practitioner is public anyway."""
    session = begin(named, since=50)
    add_take(named, session, 1, completed(600, 40))
    attend(named, session, "client", (38, 36))

    own, shown = film(named, session), film(named, session, names_client=False)

    assert own["client_name"] == NAMES[0] and NAMES[0] in str(own["chapters"])
    assert NAMES[0] not in str(shown) and CLIENT not in str(shown)
    assert shown["practitioner_name"] == own["practitioner_name"] is not None
    assert [each["kind"] for each in shown["chapters"]] == ["begins", "joined", "left"]


def test_a_participant_reads_no_other_participants_name(named: Sandbox) -> None:
    """By their own link their own; by the class's, which its practitioner has, nobody's."""
    group, *seats = begin_class(named, since=50)
    named.act_as("owner")
    add_take(named, group, 1, completed(600, 40))
    owners = {}
    for seat in seats:
        (row,) = named.run("select client_id from public.session_schedules where id = %s", seat)
        owners[str(row["client_id"])] = seat
        named.run(
            "insert into public.session_recordings (session_id, class_recording_id, status, storage_path,"
            " duration_seconds, file_size_bytes, completed_at, recording_url, playback_url)"
            " select %s, id, 'completed', 'x', 600, 10, now(), 'u', 'p' from public.session_recordings"
            " where session_id = %s",
            seat,
            group,
        )
    for number, who in enumerate(("client", "other")):
        attend(named, owners[IDENTITIES[who][1]], who, (38 - number, 36 - number))

    of_class, of_client = film(named, group), film(named, owners[CLIENT])

    assert of_class["is_class"] and of_class["client_name"] is None
    assert not [name for name in NAMES if name in str(of_class)]
    assert of_client["client_name"] == NAMES[0] and NAMES[1] not in str(of_client)
    assert [each["who"] for each in of_client["chapters"]] == [None, NAMES[0], None, NAMES[0], None]


def test_chapters_have_a_bound(named: Sandbox) -> None:
    """Somebody whose network breaks every few seconds fills no page."""
    session = begin(named, since=59)
    add_take(named, session, 1, completed(3400, 58))
    attend(named, session, "client", *((57 - n / 10, 56.95 - n / 10) for n in range(400)))

    assert len(film(named, session)["chapters"]) == 201
