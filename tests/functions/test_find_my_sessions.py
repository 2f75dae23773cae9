"""Links again: whoever types an address has them sent there. The answer is the same for every address."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.cast import Person, Stage
from tests.page_scene import PageScene

UNKNOWN = "nobody@stage.test"


@pytest.fixture
def scene(stage: Stage) -> PageScene:
    stage.execute("delete from private.rate_uses where rule like 'session link%%'")
    return PageScene(stage)


def waiting(scene: PageScene, address: str) -> bool:
    """Whether it was written down that this address asked."""
    asked = "select exists (select from private.session_link_requests where address = lower(%s))"
    return bool(scene.stage.value(asked, address))


def ask(scene: PageScene, address: str) -> str:
    reply = scene.press(scene.address("find_my_sessions"), address=address)
    assert reply.status_code == 200, reply.text
    return reply.text


def lead(scene: PageScene, person: Person) -> Person:
    """Somebody is a practitioner as well."""
    scene.stage.execute(
        "insert into public.user_roles (user_id, role) values (%s, 'practitioner')", person.id
    )
    own = scene.stage.value(
        "insert into public.practitioners (user_id, name) values (%s, 'Both') returning id", person.id
    )
    return replace(person, practitioner_id=own)


def test_a_look_shows_the_form_and_changes_nothing(scene: PageScene) -> None:
    page = scene.look(f"{scene.address('find_my_sessions')}?address={scene.client.email}")
    head = scene.stage.http.head(scene.address("find_my_sessions"))

    assert (200, 200, b"") == (page.status_code, head.status_code, head.content)
    assert 'name="address"' in page.text
    assert not waiting(scene, scene.client.email)


def test_one_mail_brings_a_link_to_each_session(scene: PageScene) -> None:
    """As client and as practitioner; by each link its session is managed."""
    booked = scene.book()
    leader = lead(scene, scene.client)
    led = scene.stage.session(client=scene.booker(), practitioner=leader, starts_in_minutes=600)
    group = scene.stage.group_class(practitioner=leader, starts_in_minutes=900)
    scene.stage.join(group, scene.booker())
    over = scene.stage.session(client=scene.client, starts_in_minutes=-600)
    gone = scene.book(scheduled_at=scene.starts_at.replace(hour=19).isoformat())
    scene.cancel(gone)
    scene.send()
    before = len(scene.mails_to(scene.client))

    ask(scene, f"  {scene.client.email.upper()} ")
    scene.send()

    (mail,) = scene.mails_to(scene.client)[before:]
    assert mail["Subject"] == "Your sessions: 3 to come"
    links = re.findall(r"https?://\S+/manage-session\?token=\w+", mail["TextBody"])
    subjects = [
        scene.stage.value(
            "select subject from private.page_links where token_sha256 = private.sha256_hex(%s)",
            scene.token(link),
        )
        for link in links
    ]
    assert {booked, str(led["id"]), str(group["id"])} == set(subjects) and len(links) == 3
    assert str(over["id"]) not in subjects
    assert all(scene.look(link).status_code == 200 for link in links)


def test_the_mail_leads_to_what_waits_for_an_answer(scene: PageScene) -> None:
    """Whoever lost the mail about it."""
    body = {"session_id": scene.book(), "scheduled_at": (scene.starts_at + timedelta(hours=2)).isoformat()}
    scene.stage.rest("POST", "rpc/propose_session_time", as_=scene.practitioner, json=body).raise_for_status()
    scene.send()

    ask(scene, scene.client.email)
    ask(scene, scene.practitioner.email)
    scene.send()

    assert "Would another time suit you?" in scene.look(scene.link_to("answer_change")).text
    assert "answer-change" in scene.mails_to(scene.client)[-1]["TextBody"]
    assert "answer-change" not in scene.mails_to(scene.practitioner)[-1]["TextBody"]


def test_nobody_else_gets_a_mail(scene: PageScene) -> None:
    """Neither an unknown address, nor one whose sessions are over; and none is kept."""
    ask(scene, UNKNOWN)
    ask(scene, scene.client.email)
    scene.send()

    assert scene.mails_to(scene.client) == []
    assert ("my_sessions", "dropped", "no_sessions") in scene.states()
    assert not waiting(scene, UNKNOWN) and not waiting(scene, scene.client.email)
    caught = scene.stage.http.get(f"{scene.stage.env['MAIL_URL']}/messages").json()
    assert UNKNOWN not in [mail["To"] for mail in caught]


def test_the_answer_is_the_same_for_every_address(scene: PageScene) -> None:
    """To the letter, and in time: nothing is looked up while somebody waits, or the locked tables would hold it up."""
    scene.book()
    known, owner = scene.client.email, scene.stage.owner

    with owner.transaction():
        owner.execute("lock table auth.users, public.profiles, public.session_schedules")
        answers = {
            re.sub(r'nonce="[^"]+"', "", ask(scene, each)).replace(each, "") for each in (known, UNKNOWN)
        }

    assert len(answers) == 1
    assert waiting(scene, known) and waiting(scene, UNKNOWN)


def test_nobodys_mailbox_is_flooded(scene: PageScene) -> None:
    """However it is written: three a day, and presses before the first mail is sent are one."""
    scene.book()
    scene.send()
    before = len(scene.mails_to(scene.client))
    page, email = scene.address("find_my_sessions"), scene.client.email

    for typed in (email, email.upper()):
        ask(scene, typed)
    scene.send()
    assert len(scene.mails_to(scene.client)) == before + 1
    for _ in range(4):
        scene.press(page, address=email)
        scene.send()

    assert len(scene.mails_to(scene.client)) == before + 2
    refused = scene.press(page, address=f" {email}")
    assert refused.status_code == 429 and "Please try again in" in refused.text


@pytest.mark.parametrize("typed", ["", "   ", "Ann", "@", "a b@c.test", "<script>@", "x" * 320 + "@y.test"])
def test_what_is_no_address_is_said_so(scene: PageScene, typed: str) -> None:
    page = scene.press(scene.address("find_my_sessions"), address=typed)
    program = scene.stage.http.post(scene.address("find_my_sessions"), json={"address": typed})

    assert page.status_code == program.status_code == 422
    assert "<script>@" not in page.text
    assert not waiting(scene, typed.strip())


def test_people_cannot_say_what_address_a_call_came_from(scene: PageScene) -> None:
    """Only the page's function calls it, which saw it."""
    for person in (None, scene.client):
        body = {"address": UNKNOWN, "ip_address": "10.1.1.1"}
        assert scene.stage.rest("POST", "rpc/request_session_links", as_=person, json=body).status_code in (
            401,
            403,
        )


def test_a_lost_link_leads_here(scene: PageScene) -> None:
    page = scene.look(f"{scene.address('manage_session')}?token=unknown")

    assert page.status_code == 404 and 'href="find-my-sessions"' in page.text


def test_the_notification_names_the_page_and_no_token(scene: PageScene) -> None:
    """It is stored: what it names opens nothing by itself."""
    scene.send()  # which tells the database where pages are
    scene.book()

    told = scene.stage.value(
        "select message from public.user_notifications where user_id = %s and kind = 'session_booked'",
        scene.client.id,
    )
    assert told.endswith(f"To manage it: {scene.address('find_my_sessions')}") and "token" not in told
