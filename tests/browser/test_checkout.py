"""Paying in a browser: our page calls across origins, Stripe's page is filled in, and what was bought is there."""

from typing import Any

import pytest

from local.config import NODE
from tests.browser_scene import in_a_browser, play
from tests.cast import PASSWORD, Stage
from tests.payment_scene import PaymentScene

SUPABASE_JS = NODE / "node_modules" / "@supabase" / "supabase-js" / "dist" / "umd" / "supabase.js"

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def paying(stage: Stage) -> PaymentScene:
    """Somebody who signs in on the page itself."""
    scene = PaymentScene(stage)
    scene.client = stage.sign_up()
    return scene


@pytest.fixture(scope="module")
def facts(paying: PaymentScene) -> dict[str, Any]:
    """A single session, then a package of five, each as its page asks for it."""
    env = paying.stage.env
    scene = {
        "url": env["SUPABASE_URL"],
        "key": env["SUPABASE_PUBLISHABLE_KEY"],
        "email": paying.client.email,
        "password": PASSWORD,
        "purchases": {"single": paying.from_checkout_page(), "package": paying.from_wallet()},
    }
    return play("checkout.mjs", scene, SUPABASE_JS=str(SUPABASE_JS))


def test_a_single_session_is_paid_for_and_booked(paying: PaymentScene, facts: dict[str, Any]) -> None:
    """At the price of the database; the client sees the session, and no credit was made of it."""
    assert "45min Standard" in facts["single: to pay"] and "$100.00 CAD" in facts["single: to pay"]
    back = f"{paying.stage.env['SITE_URL']}/dashboard?session_booked=true&payment_type=single"
    assert facts["single: sent back to"] == back

    seen = facts["single: seen"]
    (session,) = seen["sessions"]
    assert (session["status"], session["practitioner_id"], session["duration_minutes"]) == (
        "scheduled",
        str(paying.practitioner.practitioner_id),
        45,
    )
    (bought,) = seen["purchases"]
    assert (bought["session_id"], bought["amount_minor"], bought["currency"], bought["status"]) == (
        session["id"],
        10_000,
        "cad",
        "paid",
    )
    assert seen["credits"]["total_credits"] == 0
    assert paying.holds() == ["consumed"]


def test_a_package_is_paid_for_and_granted(paying: PaymentScene, facts: dict[str, Any]) -> None:
    """Five credits in the other currency, and nothing is booked with them."""
    assert "$343.10 USD" in facts["package: to pay"]
    assert facts["package: sent back to"].endswith("payment_type=package_5")

    seen = facts["package: seen"]
    assert len(seen["sessions"]) == 1
    assert (seen["credits"]["total_credits"], seen["credits"]["package_credits"]) == (5, 5)
    package = seen["purchases"][-1]
    assert (package["payment_type"], package["amount_minor"], package["currency"], package["credits"]) == (
        "package_5",
        34_310,
        "usd",
        5,
    )
    assert [row["status"] for row in paying.checkouts()] == ["paid", "paid"]
