"""The page on which fees are paid: each in its own currency, one page at Stripe for each, nothing without a link."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cast import Stage
from tests.page_scene import PageScene
from tests.story_scene import words


@pytest.fixture
def scene(stage: Stage) -> PageScene:
    return PageScene(stage)


def owe(scene: PageScene, amount: int, currency: str, because: str = "no_show") -> str:
    fee = scene.stage.value(
        "insert into public.owed_fees (user_id, because, amount_minor, currency, scheduled_at)"
        " values (%s, %s, %s, %s, now()) returning id",
        scene.client.id,
        because,
        amount,
        currency,
    )
    return str(fee)


def checkouts(scene: PageScene, fee: str) -> list[tuple[int, str, str]]:
    rows = scene.stage.owner.execute(
        "select amount_minor, currency, status from public.checkout_sessions where fee_id = %s", (fee,)
    ).fetchall()
    return [(row["amount_minor"], row["currency"], row["status"]) for row in rows]


def test_each_is_paid_in_its_own_currency(scene: PageScene) -> None:
    """Both are listed; a press opens the payment of that one alone. Looking changes nothing."""
    cad, usd = owe(scene, 3425, "cad"), owe(scene, 2500, "usd", "late_cancellation")
    link = scene.make_link("pay_fee", scene.client, None)
    shown = words(scene.look(link).text)
    assert "Pay CA$34.25" in shown and "Pay US$25.00" in shown
    assert "A session that you did not come to" in shown and "A late cancellation" in shown
    assert scene.stage.http.head(link).status_code == 200
    assert checkouts(scene, cad) == []

    assert "Go to the payment" in scene.press(link, fee=cad).text
    assert checkouts(scene, cad) == [(3425, "cad", "open")]
    assert checkouts(scene, usd) == []


def test_two_clicks_at_once_open_one_page(scene: PageScene) -> None:
    """Whoever is second finds the first one's, or is asked to wait a moment."""
    fee = owe(scene, 2500, "usd")
    link = scene.make_link("pay_fee", scene.client, None)
    with ThreadPoolExecutor(6) as many:
        replies = list(many.map(lambda _: scene.press(link, fee=fee), range(6)))
    assert {reply.status_code for reply in replies} <= {200, 409}
    assert checkouts(scene, fee) == [(2500, "usd", "open")]
    assert scene.press(link, fee=fee).status_code == 200


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "The mail about a fee has a link"),
        ("?back=paid", "Your payment is made."),
        ("?back=left", "The link in your mail leads back to it."),
    ],
)
def test_without_a_link_it_knows_of_nobody(scene: PageScene, query: str, says: str) -> None:
    """Stripe leads back to here, and is told no link."""
    assert says in words(scene.look(scene.address("pay_fee") + query).text)


def test_what_is_not_theirs_or_not_owed(scene: PageScene, stage: Stage) -> None:
    """It says why, on the page with what there is; another's fee is not there."""
    fee = owe(scene, 2500, "usd")
    stage.execute("update public.owed_fees set forgiven_at = now(), reason = 'Kindness' where id = %s", fee)
    link = scene.make_link("pay_fee", scene.client, None)
    refused = scene.press(link, fee=fee)
    assert (refused.status_code, "You do not owe this fee any more." in words(refused.text)) == (409, True)
    others = scene.make_link("pay_fee", scene.practitioner, None)
    assert scene.press(others, fee=owe(scene, 2500, "usd")).status_code == 404
    assert scene.press(link, fee="not an id").status_code == 422
