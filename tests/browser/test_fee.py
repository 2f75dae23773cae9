"""A session is cancelled late on a phone, and its fee paid: from the booking's mail to the receipt, in one sitting."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.fee_scene import book_with_fees, fees, statuses
from tests.story_scene import StoryScene

pytestmark = in_a_browser


@pytest.fixture
def story(stage: Stage) -> Iterator[StoryScene]:
    """Somebody who has booked, in eight hours from now, and has read so."""
    with book_with_fees(stage) as scene:
        scene.wait_until(8 * 60, scene.session)
        yield scene


def test_a_fee_is_paid_on_a_phone(story: StoryScene) -> None:
    """Said before, told, found, paid, thanked for, and receipted; meanwhile the scheduler does what it does."""
    scene = {"mails": story.stage.env["MAIL_URL"], "address": story.client.email}
    with ThreadPoolExecutor(1) as beside:
        playing = beside.submit(play, "fee.mjs", scene, SHOTS=os.environ.get("SHOTS", ""))
        while not playing.done():
            story.send()
            time.sleep(0.5)
        seen = playing.result()

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
