"""Stories of waiting lists: refused, waiting, kept, taken by credit or payment; moved, cancelled, refunded, erased."""

from typing import Any

import httpx
import pytest

from tests.cast import Person, Stage
from tests.payment_scene import PaymentScene, pay_on
from tests.recording_scene import until
from tests.story_scene import StoryScene, words


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    """A class of two seats, and both are taken."""
    scene = StoryScene(stage)
    scene.others = [scene.client, scene.join_in()]
    scene.group = scene.make_class_on_page(max_participants=2)
    scene.seats = [scene.take_seat(scene.group, person) for person in scene.others]
    for person in (*scene.others, scene.practitioner):
        scene.hear(person)
    return scene


def try_to_join(story: StoryScene, person: Person) -> httpx.Response:
    """As the booking page joins a class: it asks for the count, then inserts a seat."""
    body = {"group_class_id": str(story.group["id"]), "increment_by": 1}
    counted = story.stage.rest("POST", "rpc/increment_group_class_participants", as_=person, json=body)
    assert counted.json()[0]["id"] == str(story.group["id"])
    return story.stage.rest(
        "POST", "session_schedules", as_=person, json=story.seat(story.row(story.group["id"]), person)
    )


def wait(story: StoryScene, person: Person) -> None:
    story.rpc("join_waiting_list", person, class_id=str(story.group["id"]))
    assert story.hear(person) == ["waiting_list_joined"]


def leave_seat(story: StoryScene, number: int) -> None:
    story.rpc("cancel_session", story.others[number], session_id=story.seats[number])


def entries(story: StoryScene, person: Person) -> list[str]:
    rows = story.read(f"waiting_list_entries?select=status&user_id=eq.{person.id}&order=created_at", person)
    return [row["status"] for row in rows]


def class_page(story: StoryScene, person: Person) -> str:
    """The address of the page about the class, by the newest mail that leads there."""
    return f"{story.link_to('find_classes', person)}&class_id={story.group['id']}"


def let_lapse(story: StoryScene, person: Person) -> None:
    """The hours for which a seat was kept are over."""
    story.stage.execute(
        "update public.waiting_list_entries set kept_until = now() - interval '1 second'"
        " where user_id = %s and status = 'kept'",
        person.id,
    )


def broken(story: StoryScene) -> list[Any]:
    query = "select * from private.broken_invariants where example = %s"
    return story.stage.owner.execute(query, (str(story.group["id"]),)).fetchall()


def test_from_the_refusal_to_the_seat(story: StoryScene) -> None:
    """The sentence names the page, the mail leads to it; who waits first is first, and nobody books past them."""
    first, second, passer_by = (story.join_in() for _ in range(3))

    refused = try_to_join(story, first)
    assert (refused.status_code, refused.json()["details"]) == (409, "class_full")
    assert f"waiting list at {story.address('find_classes')}." in refused.json()["message"]
    try_to_join(story, first)
    assert story.hear(first) == ["class_full"], "one mail, though both tries came before any was written"
    page = class_page(story, first)
    assert "All 2 seats are taken" in words(story.look(page).text)
    assert "You are number 1 of 1" in story.submit(page, "Wait for a seat")
    assert story.hear(first) == ["waiting_list_joined"]

    # The other one types the short address, and their own.
    assert "Full, and 1 waits" in words(story.look(story.address("find_classes")).text)
    assert "a mail with a link" in story.submit(
        story.address("find_classes"), "Send me my link", address=second.email.upper()
    )
    assert story.hear(second) == ["class_links"]
    listed = story.look(story.link_to("find_classes", second)).text
    assert f"class_id={story.group['id']}" in listed
    assert "You are number 2 of 2" in story.submit(class_page(story, second), "Wait for a seat")
    assert story.hear(second) == ["waiting_list_joined"]

    leave_seat(story, 0)
    # Before anything was settled: what is free is not for whoever comes by, nor for the second.
    for person in (passer_by, second, story.others[0]):
        assert try_to_join(story, person).json()["details"] == "class_full"
    assert story.hear(first) == ["seat_kept"]
    assert (story.hear(second), story.hear(passer_by)) == ([], ["class_full"])
    assert try_to_join(story, passer_by).json()["details"] == "class_full"
    assert (entries(story, first), entries(story, second)) == (["kept"], ["waiting"])
    assert not broken(story)

    page = class_page(story, first)
    assert "It is kept until" in words(story.look(page).text)
    assert "It is booked with a credit." in story.submit(page, "Take it with a credit")
    assert story.hear(first) == ["session_booked"]
    assert (entries(story, first), entries(story, second)) == (["seated"], ["waiting"])
    assert story.credits_of(first) == story.credits_each - 1
    assert story.press(page, act="take").status_code == 200  # a second press finds the first
    assert story.credits_of(first) == story.credits_each - 1

    # The admin's page enlarges the class: whoever waits is told once, and lets it go.
    story.patch(story.group["id"], story.admin, max_participants=3).raise_for_status()
    assert story.hear(second) == ["seat_kept"]
    shrunk = story.patch(story.group["id"], story.admin, max_participants=2)
    assert shrunk.json()["details"] == "seats_are_kept"
    let_lapse(story, second)
    assert story.hear(second) == ["kept_seat_lapsed"]
    assert "1 of 3 seats is free" in words(story.look(class_page(story, second)).text)
    assert try_to_join(story, passer_by).status_code == 201
    assert story.hear(second) == []
    assert not broken(story)


def test_a_seat_that_is_paid_for_and_refunded_goes_to_the_next(story: StoryScene) -> None:
    """Without a credit or a waiver: signed on the page, paid on the website's checkout; given back by a refund."""
    payer, second = story.stage.client(), story.join_in()
    story.hear(payer)
    wait(story, payer)
    wait(story, second)
    leave_seat(story, 1)
    assert (story.hear(payer), story.hear(second)) == (["seat_kept"], [])

    page = class_page(story, payer)
    shown = story.look(page).text
    assert 'name="signature_name"' in shown
    blank = story.press(page, act="pay", version=1, signature_name=" ")
    assert blank.status_code == 422 and "Please type your name." in blank.text
    said = story.submit(page, "Sign, and go on to the payment", signature_name="Some Body")
    assert "The seat is yours when you have paid for it." in said and "Go to the payment" in said
    assert "waiver_signed" in story.hear(payer)

    paying = PaymentScene(story.stage)
    paying.client, paying.practitioner = payer, story.practitioner
    paying.type, paying.starts_at = paying.type_of(60, is_group=True), story.starts_at
    opened = paying.pay(paying.from_checkout_page()).raise_for_status().json()
    # At the deadline they are still on Stripe's page: the seat stays theirs until that closes.
    let_lapse(story, payer)
    assert (story.hear(payer), story.hear(second)) == ([], [])
    pay_on(opened["url"])
    until(lambda: paying.sessions(payer), "the paid seat")
    assert entries(story, payer) == ["seated"]
    assert not broken(story)
    story.hear(payer)

    # The refund takes the seat back; it is kept for the next, and not for whoever comes by.
    body = {"checkout_id": opened["checkout_id"], "reason": "They cannot come."}
    story.stage.invoke("refund-payment", body, as_=story.admin).raise_for_status()
    until(lambda: paying.sessions(payer)[-1]["status"] == "cancelled", "the seat that was refunded")
    assert try_to_join(story, story.others[1]).json()["details"] == "class_full"
    assert story.hear(second) == ["seat_kept"]
    assert not broken(story)


def test_a_checkout_that_is_left_does_not_cost_the_kept_seat(story: StoryScene) -> None:
    """The page at Stripe closes; the seat is theirs until its own deadline."""
    payer = story.join_in()
    wait(story, payer)
    leave_seat(story, 0)
    assert story.hear(payer) == ["seat_kept"]
    paying = PaymentScene(story.stage)
    paying.client, paying.practitioner = payer, story.practitioner
    paying.type, paying.starts_at = paying.type_of(60, is_group=True), story.starts_at
    paying.pay(paying.from_checkout_page()).raise_for_status()
    story.stage.execute("update public.session_holds set status = 'released' where user_id = %s", payer.id)

    assert (story.hear(payer), entries(story, payer)) == ([], ["kept"])
    assert try_to_join(story, story.others[0]).json()["details"] == "class_full"
    assert try_to_join(story, payer).status_code == 201


def test_a_class_that_moves_and_is_cancelled_is_told_once(story: StoryScene) -> None:
    """Two moves in a minute are one mail, one that is undone is none; a kept seat stays kept; then it is all over."""
    kept, waiting = story.join_in(), story.join_in()
    wait(story, kept)
    wait(story, waiting)
    leave_seat(story, 0)
    assert story.hear(kept) == ["seat_kept"]
    at = story.row(story.group["id"])["scheduled_at"]

    story.patch(
        story.group["id"], story.admin, scheduled_at=at.replace(hour=17).isoformat()
    ).raise_for_status()
    story.patch(story.group["id"], story.admin, scheduled_at=at.isoformat()).raise_for_status()
    assert (story.hear(kept), story.hear(waiting)) == ([], [])
    for hour in (17, 18):
        moved = at.replace(hour=hour).isoformat()
        story.patch(story.group["id"], story.admin, scheduled_at=moved).raise_for_status()
    for person in (kept, waiting):
        assert story.hear(person) == ["waiting_class_changed"]
        assert "Before, it was" in story.newest_text(person) and "You keep your place." in story.newest_text(
            person
        )
    assert (entries(story, kept), entries(story, waiting)) == (["kept"], ["waiting"])

    deleted = story.stage.rest("DELETE", f"session_schedules?id=eq.{story.group['id']}", as_=story.admin)
    assert deleted.is_success, deleted.text
    for person in (kept, waiting):
        assert story.hear(person) == ["waiting_class_cancelled"]
        assert story.hear(person) == []
        assert entries(story, person) == ["closed"]
    assert story.look(class_page(story, kept)).status_code == 404
    assert "Nothing was booked and nothing was paid." in story.newest_text(kept)


def test_an_account_that_is_erased_frees_its_place_and_its_seat(story: StoryScene) -> None:
    """Whoever waits next gets what was kept."""
    first, second = story.join_in(), story.join_in()
    wait(story, first)
    wait(story, second)
    exported = story.stage.invoke("export-my-data", {}, as_=first)
    assert exported.is_success
    leave_seat(story, 0)
    assert story.hear(first) == ["seat_kept"]

    erased = story.stage.invoke("erase-my-account", {"confirmation": "ERASE MY ACCOUNT"}, as_=first)
    assert erased.is_success, erased.text

    assert not story.stage.value(
        "select count(*) from public.waiting_list_entries where user_id = %s", first.id
    )
    assert story.hear(second) == ["seat_kept"]
    assert not broken(story)


def test_close_to_the_start_nobody_waits(story: StoryScene) -> None:
    """A seat is kept for ever shorter; in the last two hours what is free is whoever's comes first."""
    first, second, third, passer_by = (story.join_in() for _ in range(4))
    for person in (first, second, third):
        wait(story, person)
    leave_seat(story, 0)
    story.wait_until(180, story.group["id"])
    assert story.hear(first) == ["seat_kept"]
    minutes = "select extract(epoch from kept_until - now()) / 60 from public.waiting_list_entries where user_id = %s"
    assert 43 < float(story.stage.value(minutes, first.id)) < 45.1
    given_back = story.submit(class_page(story, first), "Give the seat back")
    assert "You do not wait for this class any more." in given_back
    assert (story.hear(first), story.hear(second)) == ([], ["seat_kept"])

    story.wait_until(100, story.group["id"])
    assert (story.hear(second), story.hear(third)) == (["kept_seat_lapsed"], [])
    late = story.stage.rest(
        "POST", "rpc/join_waiting_list", as_=first, json={"class_id": str(story.group["id"])}
    )
    assert late.json()["details"] == "waiting_list_over"
    assert try_to_join(story, passer_by).status_code == 201
    full = try_to_join(story, story.others[0])
    assert full.json()["message"] == "This class is full."  # there is nothing to wait for
    story.wait_until(-1, story.group["id"])
    assert (story.hear(third), entries(story, third)) == ([], ["closed"])


def test_an_admin_moves_somebody_up_with_a_reason(story: StoryScene) -> None:
    """They see who waits; without a reason nobody is moved; the audit log keeps who and why."""
    first, second = story.join_in(), story.join_in()
    wait(story, first)
    wait(story, second)

    class_id = str(story.group["id"])
    people = story.rpc("list_waiting_people", story.admin, class_id=class_id)
    assert [(row["user_id"], row["place"]) for row in people] == [(str(first.id), 1), (str(second.id), 2)]
    for who, code in ((first, "admins_only"), (story.practitioner, "admins_only")):
        for name, body in (
            ("list_waiting_people", {"class_id": class_id}),
            ("move_up_waiting_person", {"entry_id": people[1]["entry_id"], "reason": "Please"}),
        ):
            assert story.stage.rest("POST", f"rpc/{name}", as_=who, json=body).json()["details"] == code
    move = {"entry_id": people[1]["entry_id"]}
    unsaid = story.stage.rest(
        "POST", "rpc/move_up_waiting_person", as_=story.admin, json={**move, "reason": " "}
    )
    assert unsaid.json()["details"] == "reason_missing"
    story.rpc("move_up_waiting_person", story.admin, **move, reason="Their last class was cancelled")

    leave_seat(story, 0)
    assert (story.hear(first), story.hear(second)) == ([], ["seat_kept"])
    line = story.stage.row(
        "select user_id, metadata from public.audit_logs where table_name = 'waiting_list_entries' and record_id = %s",
        people[1]["entry_id"],
    )
    assert line["user_id"] == story.admin.id and "place" in str(line["metadata"])
    again = story.stage.rest(
        "POST", "rpc/move_up_waiting_person", as_=story.admin, json={**move, "reason": "Again"}
    )
    assert again.json()["details"] == "not_waiting"


def test_an_admin_moves_somebody_up_on_the_page(story: StoryScene) -> None:
    """By the link in their own mail; anybody else's link shows nobody's name, and moves nobody."""
    first, second, third = story.join_in(), story.join_in(), story.join_in()
    for person in (first, second, third):
        wait(story, person)
    entry = entry_of(story, third)
    mine = class_page(story, third)
    assert "Who waits" not in story.look(mine).text
    refused = story.press(mine, act="move_up", entry_id=entry, reason="I want to")
    assert refused.status_code == 403 and "Only admins" in refused.text

    story.stage.invoke("find-classes", {"address": story.admin.email}).raise_for_status()
    assert story.hear(story.admin) == ["class_links"]
    page = f"{story.link_to('find_classes', story.admin)}&class_id={story.group['id']}"
    assert "Who waits" in story.look(page).text
    unsaid = story.press(page, act="move_up", entry_id=entry, reason=" ")
    assert unsaid.status_code == 422 and "Please say why" in unsaid.text
    moved = story.press(page, act="move_up", entry_id=entry, reason="Was overlooked <last> week").text
    assert "They are the first now." in moved and "Was overlooked &lt;last&gt; week" in moved

    leave_seat(story, 0)
    assert (story.hear(first), story.hear(third)) == ([], ["seat_kept"])


def entry_of(story: StoryScene, person: Person) -> str:
    query = "select id::text from public.waiting_list_entries where user_id = %s"
    return str(story.stage.value(query, person.id))
