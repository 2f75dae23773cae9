"""Scenes in which fees are owed: what is agreed to has them, somebody has booked, and their fee is found and paid."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

from .cast import Person, Stage
from .payment_scene import pay_on
from .recording_scene import until
from .story_scene import StoryScene


@contextmanager
def book_with_fees(stage: Stage) -> Iterator[StoryScene]:
    """Somebody has booked under a policy with fees, and everybody knows. Afterwards the policy before is active."""
    before = stage.value("select id from public.cancellation_policy where is_active")
    stage.execute(
        "insert into public.cancellation_policy (policy_text, standard_cancellation_hours, late_cancellation_hours,"
        " no_show_fee_usd, no_show_fee_cad) values ('With fees', 12, 5, 15, 20)"
    )
    try:
        scene = StoryScene(stage)
        scene.session = scene.book()
        for person in (scene.client, scene.practitioner):
            scene.hear(person)
        yield scene
    finally:
        stage.execute("update public.cancellation_policy set is_active = true where id = %s", before)


def fees(story: StoryScene, person: Person | None = None) -> list[dict[str, Any]]:
    """As somebody reads their own."""
    person = person or story.client
    return story.read(f"owed_fees?select=*&user_id=eq.{person.id}&order=created_at", person)


def statuses(story: StoryScene, person: Person | None = None) -> list[str]:
    return [fee["status"] for fee in fees(story, person)]


def listed(story: StoryScene, person: Person | None = None) -> list[dict[str, Any]]:
    """What somebody owes, as an admin's list has it."""
    of = str((person or story.client).id)
    return [fee for fee in story.rpc("list_owed_fees", story.admin, at_most=1000) if fee["user_id"] == of]


def open_payment(story: StoryScene, person: Person | None = None) -> str:
    """From the newest mail to the page, and on to Stripe's."""
    link = story.link_to("pay_fee", person)
    (fee,) = re.findall(r'name="fee" value="([^"]+)"', story.look(link).text)
    led = story.press(link, fee=fee)
    assert led.status_code == 200, led.text
    return unescape(re.findall(r'class="button" href="([^"]+)"', led.text)[0])


def pay(story: StoryScene) -> None:
    """To the end, and the receipt is in the mail."""
    pay_on(open_payment(story))
    until(lambda: statuses(story) == ["paid"], "the payment")
    assert "payment_received" in story.hear(story.client)


def reconcile(story: StoryScene) -> None:
    """Whatever of fees is to be looked at is looked at now, until nothing is left to do."""
    for _ in range(3):
        story.stage.execute(
            "update public.checkout_sessions set next_check_at = now()"
            " where fee_id is not null and next_check_at > now()"
        )
        story.stage.invoke_as_service("reconcile-payments").raise_for_status()


def checkouts(story: StoryScene) -> list[tuple[str, str | None]]:
    """Of fees, oldest first: where each stands, and what its payment was for."""
    rows = story.stage.owner.execute(
        "select status, outcome from public.checkout_sessions where fee_id is not null and user_id = %s"
        " order by created_at",
        (story.client.id,),
    ).fetchall()
    return [(row["status"], row["outcome"]) for row in rows]


def stand_in_refunds(story: StoryScene) -> list[str]:
    rows = story.stage.owner.execute(
        "select r.status from private.stripe_refunds r join public.checkout_sessions c on c.id = r.checkout_id"
        " where c.user_id = %s",
        (story.client.id,),
    ).fetchall()
    return [row["status"] for row in rows]
