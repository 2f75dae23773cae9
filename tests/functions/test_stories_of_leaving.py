"""Stories of people who have lost their mail, and of one who is gone: the links again, and lists that hold."""

import re

import pytest

from tests.cast import Stage
from tests.story_scene import StoryScene, words


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    """A client has booked, and everybody knows."""
    stage.execute("delete from private.rate_uses where rule like 'session link%%'")
    scene = StoryScene(stage)
    scene.session = scene.book()
    assert scene.hear(scene.client) == scene.hear(scene.practitioner) == ["session_booked"]
    return scene


def test_a_mail_that_was_lost(story: StoryScene) -> None:
    """They type their address, get a link to each session to come, and cancel by it."""
    client, other = story.client, story.starts_at.replace(hour=18)
    second = story.book(scheduled_at=other.isoformat())
    story.hear(client)

    asked = story.submit(
        story.address("find_my_sessions"), "Send me my links", address=f" {client.email.title()}"
    )

    assert "Look into your mail" in asked
    assert story.hear(client) == ["my_sessions"]
    links = re.findall(r"https?://\S+/manage-session\?token=\w+", story.mails_to(client)[-1]["TextBody"])
    assert len(links) == 2
    assert "your credit comes back" in words(story.look(links[0]).text)
    assert "It is cancelled. Your credit is back." in story.submit(links[0], "Cancel this session")

    assert [story.row(each)["status"] for each in (story.session, second)] == ["cancelled", "scheduled"]
    assert story.credits_of(client) == story.credits_each - 1
    assert story.hear(client) == ["session_cancelled"]
    assert story.hear(story.practitioner) == ["session_booked", "session_cancelled"]
    assert "This session is cancelled" in words(story.look(links[0]).text)


def test_a_client_who_has_erased_their_account(story: StoryScene) -> None:
    """What was to come is cancelled and told; what was is there without a name, and every list of others holds."""
    stage, client, host, admin = story.stage, story.client, story.practitioner, story.admin
    stays = story.join_in()
    held = [
        stage.session(client=person, practitioner=host, starts_in_minutes=-days * 1440, status="completed")
        for days, person in ((2, client), (3, stays))
    ]
    stage.execute(
        """insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,
                                                practitioner_share, platform_share, currency, status)
           values (%s, %s, %s, 100, 75, 25, 'cad', 'completed')""",
        held[0]["id"],
        host.practitioner_id,
        client.id,
    )
    for person in (host, stays):
        story.hear(person)

    receipt = stage.invoke("erase-my-account", {"confirmation": "ERASE MY ACCOUNT"}, as_=client)
    assert receipt.status_code == 200, receipt.text

    assert (story.hear(host), story.hear(stays), story.hear(admin)) == (["session_cancelled"], [], [])
    mine = f"practitioner_id=eq.{host.practitioner_id}"
    # The recommendations form: collects, joins, and dies on the first that it misses.
    ids = {row["client_id"] for row in story.read(f"session_schedules?select=client_id&{mine}", host)}
    ids |= {row["client_id"] for row in story.read(f"practitioner_assignments?select=client_id&{mine}", host)}
    joined = story.read(f"profiles?select=id,full_name,email&id=in.({','.join(ids)})", host)
    assert ids == {row["id"] for row in joined} == {str(client.id), str(stays.id)}
    assert {"Former client"} == {row["full_name"] for row in joined if row["id"] == str(client.id)}
    advice = {
        "title": "Rest",
        "description": None,
        "action_type": "other",
        "frequency": None,
        "due_date": None,
    }
    about = {"practitioner_id": str(host.practitioner_id), "session_id": str(held[1]["id"])}
    written = stage.rest(
        "POST", "action_recommendations", as_=host, json={**about, **advice, "client_id": str(stays.id)}
    )
    assert written.status_code == 201, written.text

    # Sessions, earnings and the dashboard; and the admin's payments.
    upcoming = story.read(f"session_schedules?select=*&{mine}&status=in.(scheduled,in_progress)", host)
    assert upcoming == []
    embed = "session:session_schedules(scheduled_at,duration_minutes)"
    (paid,) = story.read(f"session_payments?select=*,{embed}&{mine}", host)
    assert paid["session"]["duration_minutes"] == 30 and paid["practitioner_share"] == 75
    (dashboard,) = story.rpc("practitioner_dashboard", host)
    assert dashboard["upcoming"] == []
    listed = stage.invoke("list-payments", as_=admin).raise_for_status().json()["payments"]
    assert [{"email": None}] == [row["client"] for row in listed if row["id"] == paid["id"]]
