"""On a phone: a late cancellation and its fee, from the booking's mail to the receipt; and an admin forgives one."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.fee_scene import book_with_fees, fees, statuses
from tests.functions.test_rate_session import held_with, rating
from tests.story_scene import StoryScene

pytestmark = in_a_browser


@pytest.fixture
def story(stage: Stage) -> Iterator[StoryScene]:
    """Somebody who has booked, in eight hours from now, and has read so."""
    with book_with_fees(stage) as scene:
        scene.wait_until(8 * 60, scene.session)
        yield scene


def play_while_mail_goes_out(story: StoryScene, script: str, scene: dict[str, Any]) -> dict[str, Any]:
    """The scheduler does beside it what it does."""
    with ThreadPoolExecutor(1) as beside:
        playing = beside.submit(play, script, scene, SHOTS=os.environ.get("SHOTS", ""))
        while not playing.done():
            story.send()
            time.sleep(0.5)
        return playing.result()


def test_a_fee_is_paid_on_a_phone(story: StoryScene) -> None:
    """Said before, told, found, paid, thanked for, and receipted."""
    scene = {"mails": story.stage.env["MAIL_URL"], "address": story.client.email}
    seen = play_while_mail_goes_out(story, "fee.mjs", scene)

    assert not [name for name in seen if name.endswith("is too wide")]
    assert "a fee of US$25.00 is due" in seen["the session"]
    assert "A fee of US$25.00 is due." in seen["cancelled"]
    assert "a fee of US$25.00 is due" in seen["mail: Cancelled: "]
    assert "Nothing is charged by itself" in seen["what is owed"]
    assert "Nothing is paid until you confirm it there." in seen["to the payment"]
    assert seen["the same payment"] is True
    assert "Fee for a late cancellation" in seen["at Stripe"] and "$25.00" in seen["at Stripe"]
    # What stands in the address that Stripe was told opens nothing.
    assert seen["sent back to"] == story.address("pay_fee") + "?back=paid"
    assert "Your payment is made." in seen["back"]
    assert "Fee for a late cancellation" in seen["mail: Receipt: "]
    assert "US$25.00" in seen["mail: Receipt: "]
    assert "There is no fee for you to pay." in seen["nothing owed"] and "Paid" in seen["nothing owed"]
    assert statuses(story) == ["paid"]
    (fee,) = fees(story)
    paid = story.stage.row("select * from public.checkout_sessions where fee_id = %s", fee["id"])
    assert (paid["outcome"], paid["amount_minor"], paid["status"]) == ("fee_paid", 2500, "paid")


def test_an_admin_forgives_and_hides_on_a_phone(story: StoryScene) -> None:
    """By the link that is mailed to whoever types an admin's address; found by a name and by a word."""
    name, word = f"Zebulon {uuid4().hex}", uuid4().hex
    story.call(story.client, name)
    story.submit(story.link_to("manage_session"), "Cancel this session")
    session = held_with(story, story.client)
    story.submit(story.link_to("rate_session"), "Save the rating", stars="2", words=word)
    scene = {
        "mails": story.stage.env["MAIL_URL"],
        "address": story.admin.email,
        "links": story.address("find_my_sessions"),
        "name": name,
        "word": word,
    }

    seen = play_while_mail_goes_out(story, "review.mjs", scene)

    assert not [each for each in seen if each.endswith("is too wide")]
    assert (
        f"US$25.00 {name}" in seen["Forgive the fee?"] and "A late cancellation" in seen["Forgive the fee?"]
    )
    assert "The fee is off, and they get a mail about it." in seen["Forgive the fee"]
    assert word in seen["Hide the rating?"] and name not in seen["Hide the rating?"]
    assert "Hidden: It names a person" in seen["Hide the rating"]
    assert "Shown again: It does not" in seen["Show the rating"]
    assert statuses(story) == ["forgiven"] and rating(story, session)["is_counted"]
    assert "fee_forgiven" in [mail for mail, _, _ in story.states(story.client)]
