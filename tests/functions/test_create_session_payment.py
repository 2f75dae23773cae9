"""Opening a checkout page: at our own price, for a time that is kept meanwhile; and paying on it, end to end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pytest_httpserver import HTTPServer

from tests.cast import Stage
from tests.page_scene import BROWSER
from tests.payment_scene import SITE, FakeStripe, PaymentScene, pay_on, served


def test_a_single_session_is_paid_for_end_to_end(paying: PaymentScene) -> None:
    """Page, form, webhook: when the browser is sent back the session is there."""
    opened = paying.pay(paying.from_checkout_page())
    page = httpx.get(opened.json()["url"]).text
    assert ("45min Standard" in page, "$100.00 CAD" in page) == (True, True)
    assert (paying.sessions(), paying.holds()) == ([], ["held"])

    back = pay_on(opened.json()["url"])

    assert back.headers["location"] == (
        f"{paying.stage.env['SITE_URL']}/dashboard?session_booked=true&payment_type=single"
    )
    (session,) = paying.sessions()
    assert (session["scheduled_at"], session["duration_minutes"]) == (paying.starts_at, 45)
    (payment,) = paying.stage.rest("GET", "session_payments?select=*", as_=paying.client).json()
    assert (payment["total_amount"], payment["practitioner_share"], payment["platform_share"]) == (
        100,
        75,
        25,
    )
    assert (payment["session_id"], payment["status"]) == (str(session["id"]), "completed")
    assert paying.holds() == ["consumed"]
    assert paying.events() == ["session_booked", "payment_received"]


def test_a_package_of_five_is_paid_for_end_to_end(paying: PaymentScene) -> None:
    """From the wallet, which knows neither practitioner nor time: five credits, by check-session-credits."""
    opened = paying.pay(paying.from_wallet())
    assert "$343.10 USD" in httpx.get(opened.json()["url"]).text

    pay_on(opened.json()["url"])

    (found,) = paying.stage.rest("POST", "rpc/check_session_credits", as_=paying.client, json={}).json()
    assert (found["total_credits"], found["package_credits"]) == (5, 5)
    lot = found["credits"][0]
    assert (lot["session_type_id"], lot["duration_minutes"], lot["is_group"]) == (None, 45, False)
    assert paying.holds() == []


def test_a_package_on_the_checkout_page_books_nothing(paying: PaymentScene) -> None:
    """The time that was picked there is not part of it."""
    opened = paying.pay(paying.from_checkout_page(payment_type="package_10"))

    pay_on(opened.json()["url"])

    assert (paying.sessions(), paying.holds(), paying.credits()) == ([], [], [10])


@pytest.mark.parametrize("name", ["group_class_id", "group_session_id"])
def test_a_seat_in_a_class_is_paid_for_and_joined(paying: PaymentScene, name: str) -> None:
    """Under both names by which callers know a class."""
    group_class = paying.stage.group_class(
        practitioner=paying.practitioner, starts_in_minutes=600, duration_minutes=45
    )
    group_type = paying.type_of(45, is_group=True)
    body = paying.from_checkout_page(session_type_id=str(group_type["id"]), **{name: str(group_class["id"])})

    pay_on(paying.pay(body).json()["url"])

    (seat,) = paying.sessions()
    assert (seat["group_class_id"], seat["scheduled_at"]) == (group_class["id"], group_class["scheduled_at"])
    assert paying.stage.value(
        "select current_participants from public.session_schedules where id = %s", group_class["id"]
    ) == 1  # fmt: skip


def test_an_in_person_session_is_paid_for_with_its_place(paying: PaymentScene) -> None:
    """In person means in person, there."""
    body = paying.from_checkout_page(session_location="in_person", physical_location="Studio - Street 1")

    pay_on(paying.pay(body).json()["url"])

    (session,) = paying.sessions()
    assert (session["session_location"], session["physical_location"]) == ("in_person", "Studio - Street 1")


@pytest.mark.parametrize("currency", ["eur", "CAD", "jpy", "", 5, "usd "])
def test_a_currency_is_cad_or_usd(paying: PaymentScene, currency: Any) -> None:
    """Whoever could choose one would pay 94.90 in a weak one."""
    reply = paying.pay(paying.from_checkout_page(currency=currency))

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid_body")
    assert reply.json()["details"][0]["field"] == "currency"
    assert (paying.checkouts(), paying.holds()) == ([], [])


def test_the_caller_cannot_set_the_price(paying: PaymentScene) -> None:
    """What a body calls amount, price or total is not read; a wrong length is refused."""
    body = paying.from_checkout_page(
        amount=1, amount_minor=1, price_cad=1, total_amount=1, user_id=str(uuid4())
    )

    opened = paying.pay(body)
    longer = paying.pay({**body, "duration_minutes": 20})

    assert [row["amount_minor"] for row in paying.checkouts()] == [10000]
    assert "$100.00 CAD" in httpx.get(opened.json()["url"]).text
    assert (longer.status_code, longer.json()["code"]) == (200, "duration_not_offered")


INVALID = {
    "payment_type": ({"payment_type": "gift"}, {"payment_type": None}),
    "scheduled_at": ({"scheduled_at": "tomorrow"}, {"scheduled_at": "2031-01-01T10:00:00"}),
    "practitioner_id": ({"practitioner_id": "x"},),
    "session_location": ({"session_location": "moon"},),
    "duration_minutes": ({"duration_minutes": "45"}, {"duration_minutes": 0}),
    "notes": ({"notes": "x" * 2001},),
}


@pytest.mark.parametrize("field", INVALID)
def test_an_invalid_field_is_named(paying: PaymentScene, field: str) -> None:
    """And nothing is kept."""
    for wrong in INVALID[field]:
        reply = paying.pay(paying.from_checkout_page(**wrong))

        assert (reply.status_code, reply.json()["details"][0]["field"]) == (422, field)
    assert paying.checkouts() == []


def test_buying_a_session_requires_agreeing_to_the_cancellation_policy(paying: PaymentScene) -> None:
    """The wallet has no box to tick, and sells no session."""
    refused = paying.pay(paying.from_checkout_page(cancellation_policy_agreed=False))
    package = paying.pay(paying.from_wallet())

    assert (refused.status_code, refused.json()["code"]) == (200, "cancellation_policy_not_agreed")
    assert package.status_code == 200


def test_twenty_clicks_open_one_page(paying: PaymentScene) -> None:
    """One reply has the address; the others say that it is being opened, or have the same address once it is."""
    body = paying.from_checkout_page()
    with ThreadPoolExecutor(20) as crowd:
        replies = list(crowd.map(lambda _: paying.pay(body), range(20)))
    again = paying.pay(body)

    urls = {reply.json()["url"] for reply in replies if reply.status_code == 200}
    assert {reply.json().get("code") for reply in replies} <= {None, "request_in_progress"}
    assert urls == {again.json()["url"]}
    assert (len(paying.checkouts()), paying.holds()) == (1, ["held"])


def test_a_repeat_with_its_key_gets_the_same_page(paying: PaymentScene) -> None:
    """With another body it is refused."""
    key = {"idempotency-key": uuid4().hex}
    first = paying.pay(paying.from_wallet(), headers=key).json()
    again = paying.pay(paying.from_wallet(), headers=key).json()
    other = paying.pay(paying.from_wallet(currency="cad"), headers=key)

    assert first["checkout_id"] == again["checkout_id"]
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(paying.checkouts()) == 1


def test_of_ten_clients_who_want_one_time_one_may_pay_for_it(paying: PaymentScene) -> None:
    """The others read why before they have paid anything."""
    crowd = [paying.stage.client() for _ in range(10)]
    body = paying.from_checkout_page()
    with ThreadPoolExecutor(len(crowd)) as pool:
        replies = list(pool.map(lambda person: paying.pay(body, as_=person), crowd))

    codes = sorted((reply.status_code, reply.json().get("code", "")) for reply in replies)
    assert codes == [(200, "")] + [(200, "slot_taken")] * 9


def follow(paying: PaymentScene, refused: httpx.Response) -> httpx.Response:
    """What the checkout page and the wallet do: they go where `url` leads, whatever else the answer says."""
    assert (refused.status_code, refused.json()["success"]) == (200, False)
    return paying.stage.http.get(refused.json()["url"], headers=BROWSER)


def test_a_refusal_leads_to_a_page_that_says_why(paying: PaymentScene) -> None:
    """Past, too far, not agreed, no such package: each with its reason and the way back; nothing is kept."""
    site = paying.stage.env["SITE_URL"]
    past = (paying.starts_at - timedelta(days=9)).isoformat()
    far = (paying.starts_at + timedelta(days=900)).isoformat()
    refused = {
        "slot_in_past": paying.from_checkout_page(scheduled_at=past),
        "beyond_horizon": paying.from_checkout_page(scheduled_at=far),
        "practitioner_unavailable": paying.from_checkout_page(practitioner_id=str(uuid4())),
        "cancellation_policy_not_agreed": paying.from_checkout_page(cancellation_policy_agreed=False),
        "location_missing": paying.from_checkout_page(session_location="in_person"),
        "session_type_not_found": paying.from_checkout_page(session_type_id=str(uuid4())),
        "duration_not_offered": paying.from_wallet(duration_minutes=20),
    }
    for code, body in refused.items():
        reply = paying.pay(body)
        page = follow(paying, reply)

        assert reply.json()["code"] == code
        assert reply.json()["error"] == reply.json()["message"]
        assert page.status_code == 200 and "Nothing was booked and nothing was paid." in page.text
        back = "sessions" if "practitioner_id" in body else "wallet"
        assert f'href="{site}/{back}"' in page.text
    assert (paying.checkouts(), paying.holds()) == ([], [])


def test_whoever_comes_second_is_led_on(paying: PaymentScene) -> None:
    """The time is held for somebody else."""
    paying.pay(paying.from_checkout_page()).raise_for_status()

    page = follow(paying, paying.pay(paying.from_checkout_page(), as_=paying.stage.client()))

    assert "This time is taken" in page.text and "Choose another time" in page.text


def test_what_is_about_the_request_keeps_its_status(paying: PaymentScene) -> None:
    """A body that says nothing to hold, a key that was used for another body, and a twin of a click."""
    key = {"idempotency-key": uuid4().hex}
    paying.pay(paying.from_wallet(), headers=key).raise_for_status()

    nothing = paying.pay(paying.from_checkout_page(practitioner_id=None, scheduled_at=None))
    reused = paying.pay(paying.from_wallet(currency="cad"), headers=key)

    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_to_hold")
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    assert all("url" not in reply.json() for reply in (nothing, reused))


def test_an_anonymous_caller_opens_no_page(paying: PaymentScene) -> None:
    """A page belongs to somebody."""
    assert paying.stage.invoke("create-session-payment", paying.from_wallet()).status_code == 401


# What Stripe is asked, and what it may answer ------------------------------------------------------------------


@pytest.fixture(scope="module")
def function(stage: Stage, make_httpserver: HTTPServer) -> Iterator[httpx.Client]:
    """The function, with a fake Stripe that can fail on demand."""
    url = make_httpserver.url_for("").rstrip("/")
    with served("create-session-payment", stage, STRIPE_API_URL=url, SITE_URL=f"{SITE}/") as client:
        yield client


@pytest.fixture
def stripe(httpserver: HTTPServer) -> FakeStripe:
    """Stripe, and what it was asked."""
    return FakeStripe(httpserver)


def ask(function: httpx.Client, paying: PaymentScene, body: dict[str, Any], **headers: str) -> httpx.Response:
    return function.post("/", json=body, headers={**paying.client.headers, **headers})


def test_stripe_receives_our_price_our_address_and_our_idempotency_key(
    paying: PaymentScene, function: httpx.Client, stripe: FakeStripe
) -> None:
    """An Origin header is whatever the caller writes into it; nothing that a person wrote leaves for Stripe."""
    body = paying.from_checkout_page(notes="My knee hurts.")

    opened = ask(function, paying, body, origin="https://evil.test").json()

    ((_, form, key),) = stripe.asked
    (checkout,) = paying.checkouts()
    assert opened["url"] == checkout["url"] != ""
    assert key == f"checkout-{checkout['id']}"
    assert form == {
        "mode": "payment",
        "line_items[0][price_data][currency]": "cad",
        "line_items[0][price_data][unit_amount]": "10000",
        "line_items[0][price_data][product_data][name]": "45min Standard",
        "line_items[0][quantity]": "1",
        "client_reference_id": str(checkout["id"]),
        "metadata[checkout_id]": str(checkout["id"]),
        "payment_intent_data[metadata][checkout_id]": str(checkout["id"]),
        "adaptive_pricing[enabled]": "false",
        "expires_at": str(int(checkout["expires_at"].timestamp())),
        "success_url": f"{SITE}/dashboard?session_booked=true&payment_type=single",
        "cancel_url": f"{SITE}/sessions?cancelled=true",
        "customer_email": paying.client.email,
    }
    assert checkout["expires_at"] - checkout["created_at"] > timedelta(minutes=31)


def test_a_brief_failure_of_stripe_is_retried_under_the_same_key(
    paying: PaymentScene, function: httpx.Client, stripe: FakeStripe
) -> None:
    """So that the payer sees none, and two pages cannot come of it."""
    stripe.fail((500, {"type": "api_error"}))

    assert ask(function, paying, paying.from_wallet()).status_code == 200
    assert len(stripe.asked) == 2
    assert len({key for _, _, key in stripe.asked}) == 1


def test_when_stripe_does_not_answer_nothing_is_kept(
    paying: PaymentScene, function: httpx.Client, stripe: FakeStripe
) -> None:
    """The time is free again at once, and asking later is a new attempt under a new name."""
    stripe.fail((503, {"type": "api_error"}), (503, {"type": "api_error"}))

    refused = ask(function, paying, paying.from_checkout_page())
    failed = [row["status"] for row in paying.checkouts()]
    later = ask(function, paying, paying.from_checkout_page())

    assert (refused.status_code, refused.json()["code"]) == (503, "payments_unavailable")
    assert (failed, paying.holds()) == (["failed"], ["released", "held"])
    assert later.status_code == 200
    assert len({key for _, _, key in stripe.asked}) == 2


def test_a_request_that_stripe_rejects_is_reported_as_our_fault(
    paying: PaymentScene, function: httpx.Client, stripe: FakeStripe
) -> None:
    """A wrong key or a parameter too many: the caller learns nothing, and nothing is kept."""
    for status, kind in (
        (401, "invalid_request_error"),
        (400, "invalid_request_error"),
        (400, "idempotency_error"),
    ):
        stripe.fail(
            (status, {"type": kind, "message": "No such API key: sk_test_***", "code": "secret_detail"})
        )

        reply = ask(function, paying, paying.from_checkout_page())

        assert (reply.status_code, reply.json()["code"]) == (500, "internal_error")
        assert "secret_detail" not in reply.text
    assert {row["status"] for row in paying.checkouts()} == {"failed"}
    assert set(paying.holds()) == {"released"}


def test_an_attempt_that_runs_elsewhere_is_left_alone(
    paying: PaymentScene, function: httpx.Client, stripe: FakeStripe
) -> None:
    """Stripe answers 409 as long as it works on the first request, which gets the result."""
    stripe.fail(*[(409, {"type": "invalid_request_error", "code": "idempotency_key_in_use"})] * 2)

    reply = ask(function, paying, paying.from_checkout_page())

    assert (reply.status_code, reply.json()["code"]) == (409, "request_in_progress")
    assert (paying.checkouts()[0]["status"], paying.holds()) == ("opening", ["held"])


def test_choosing_again_closes_the_earlier_page(
    paying: PaymentScene, function: httpx.Client, stripe: FakeStripe
) -> None:
    """Two open pages for one time would let somebody pay twice."""
    first = ask(function, paying, paying.from_checkout_page()).json()
    second = ask(function, paying, paying.from_checkout_page(currency="usd")).json()

    (closed,) = [each for each in stripe.sessions.values() if each["url"] == first["url"]]
    assert closed["status"] == "expired"
    assert second["url"] != first["url"]
    assert paying.holds() == ["released", "held"]


def test_a_client_who_has_paid_does_not_pay_twice(
    paying: PaymentScene, function: httpx.Client, stripe: FakeStripe
) -> None:
    """The webhook is on its way; the time stays held for it."""
    opened = ask(function, paying, paying.from_checkout_page())
    (session_id,) = stripe.sessions
    payment = paying.payment(opened)
    stripe.end(session_id, payment, "complete", "paid")

    refused = ask(function, paying, paying.from_checkout_page(currency="usd"))
    paying.receive_event(payment.completed()).raise_for_status()

    assert (refused.status_code, refused.json()["code"]) == (200, "already_paid")
    assert len(paying.sessions()) == 1
