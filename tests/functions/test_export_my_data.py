"""Exporting one's data: everything of one's own, the practitioner's name, and nobody else."""

import io
import json
import zipfile
from typing import Any

import pytest

from shared.pictures import encoded_anew
from tests.cast import Person, Stage
from tests.png_corpus import SMALL
from tests.privacy_scene import MarkedClient
from tests.sharing_scene import finished_recording


def archive_of(stage: Stage, person: Person) -> zipfile.ZipFile:
    reply = stage.invoke("export-my-data", as_=person)
    assert reply.is_success, reply.text
    assert "application/octet-stream" == reply.headers["content-type"]
    archive = zipfile.ZipFile(io.BytesIO(reply.content))
    assert archive.testzip() is None
    return archive


def read(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return list(json.loads(archive.read(f"data/{name}.json")))


@pytest.fixture(scope="module")
def marked(stage: Stage) -> MarkedClient:
    """Somebody who was everywhere, and whose practitioner has another client."""
    marked = MarkedClient(stage)
    marked.leave_traces()
    stage.owner.address_events()
    return marked


@pytest.fixture(scope="module")
def archive(marked: MarkedClient) -> zipfile.ZipFile:
    return archive_of(marked.stage, marked.client)


def test_every_table_with_data_of_the_caller_is_in_the_archive(
    marked: MarkedClient, archive: zipfile.ZipFile
) -> None:
    """Each in a file of its own, as the tables have it; a text explains them."""
    names = {
        name.removeprefix("data/").removesuffix(".json") for name in archive.namelist() if "data/" in name
    }
    assert names >= {
        *(
            "account",
            "profiles",
            "user_preferences",
            "user_consents",
            "consent_history",
            "journal_entries",
            "memories",
        ),
        *("sessions", "session_notes", "session_cancellations", "session_attendance", "session_recordings"),
        *(
            "action_recommendations",
            "action_checklist",
            "access_grants",
            "waivers",
            "credits",
            "credit_ledger",
        ),
        *("checkouts", "payments", "notifications", "email_logs", "audit_log", "recording_views"),
    }
    assert f"{marked.marker} was here" == read(archive, "journal_entries")[0]["content"]
    assert f"{marked.marker}@stage.test" == read(archive, "account")[0]["email"]
    assert {marked.coming, marked.cancelled, str(marked.past["id"])} <= {
        row["id"] for row in read(archive, "sessions")
    }
    assert b"Everything that we know of you" in archive.read("README.txt")


def test_stored_files_of_the_caller_are_in_the_archive(
    marked: MarkedClient, archive: zipfile.ZipFile
) -> None:
    """The signature as it was drawn, the recording byte for byte."""
    waiver = read(archive, "waivers")[0]

    assert encoded_anew(SMALL) == archive.read(f"signatures/waiver-{waiver['id']}.png")
    assert marked.marker.encode() == archive.read(f"recordings/{marked.recording}/1.mp4")
    assert "MISSING.txt" not in archive.namelist()


def test_other_people_appear_only_as_the_name_of_the_practitioner(
    marked: MarkedClient, archive: zipfile.ZipFile
) -> None:
    """No private note, no share of money, no secret of the machine's."""
    everything = "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())

    assert marked.host == read(archive, "sessions")[0]["practitioner_name"]
    notes = read(archive, "session_notes")
    assert [True, False] == sorted((note["is_mine"] for note in notes), reverse=True)
    for kept_back in (marked.practitioner.email, "practitioner_share", "token_sha256", "password_scrypt"):
        assert kept_back not in everything


def test_the_archive_of_a_practitioner_has_nothing_about_their_clients(marked: MarkedClient) -> None:
    """Their sessions by time and state, their own page, and no recording: clients are seen there."""
    archive = archive_of(marked.stage, marked.practitioner)
    everything = "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())

    assert str(marked.past["id"]) in {row["id"] for row in read(archive, "led_sessions")}
    assert marked.host == read(archive, "practitioner")[0]["name"]
    assert marked.marker not in everything
    assert str(marked.client.id) not in everything
    assert [] == [name for name in archive.namelist() if name.startswith("recordings/")]


def test_a_file_that_cannot_be_read_is_named(stage: Stage) -> None:
    """The rest of the archive is complete."""
    person = stage.client()
    session = stage.session(client=person, starts_in_minutes=-3000, status="completed")
    recording = finished_recording(stage, session["id"])

    archive = archive_of(stage, person)

    assert f"recordings/{recording}/1.mp4" in archive.read("MISSING.txt").decode()
    assert "data/account.json" in archive.namelist()


def test_an_export_is_logged_and_not_made_twice_in_an_hour(stage: Stage) -> None:
    person = stage.client()
    archive_of(stage, person)
    again = stage.invoke("export-my-data", as_=person)

    assert (429, "too_many_requests") == (again.status_code, again.json()["code"])
    line = stage.row("select * from public.audit_logs where user_id = %s and action = 'EXPORT'", person.id)
    assert ("export_my_data", "127.0.0.1") == (line["table_name"], line["ip_address"])
    assert 401 == stage.invoke("export-my-data").status_code
