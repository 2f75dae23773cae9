"""Pages about money: paying, fees, payouts, and why there is no checkout."""

from collections.abc import Iterator

from tests.cast import Stage
from tests.page_scene import PageScene
from tests.payout_scene import PayoutScene
from tests.story_scene import hold

from .visit import LONG_NAME, Scenes, Visit


def checkouts(stage: Stage) -> Iterator[Visit]:
    """Reasons."""
    for code, back in (("slot_taken", "sessions"), ("package_not_found", "wallet")):
        address = f"{stage.env['PAGES_URL']}/show-refused-checkout?code={code}&back={back}"
        yield Visit("show_refused_checkout", code, address)


def paying(stage: Stage) -> Iterator[Visit]:
    """Something that was picked, and the short address."""
    scene = PageScene(stage)
    stage.execute(
        "insert into public.refused_picks (user_id, practitioner_id, scheduled_at, session_type_id, session_location)"
        " select %s, %s, %s, id, 'online' from public.session_types where not is_group limit 1",
        scene.client.id,
        scene.practitioner.practitioner_id,
        scene.starts_at,
    )
    yield Visit("pay_session", "picked", scene.make_link("pay_session", scene.client, None))
    yield Visit("pay_session", "without a link", f"{stage.env['PAGES_URL']}/pay-session")


def fees(stage: Stage) -> Iterator[Visit]:
    """Two that are owed, in two currencies, of a name that does not break; one forgiven; none; the short address."""
    scene = PageScene(stage)
    scene.call(scene.practitioner, LONG_NAME)
    stage.execute(
        "update public.practitioners set name = %s where user_id = %s", LONG_NAME, scene.practitioner.id
    )
    for minutes, because, currency, forgiven in (
        (1500, "no_show", "cad", "null"),
        (3000, "late_cancellation", "usd", "null"),
        (4500, "no_show", "cad", "now()"),
    ):
        session = stage.session(
            client=scene.client,
            practitioner=scene.practitioner,
            starts_in_minutes=-minutes,
            status="completed",
        )
        stage.execute(
            "insert into public.owed_fees"
            " (user_id, session_id, because, amount_minor, currency, scheduled_at, forgiven_at, reason)"
            f" values (%s, %s, %s, 2500, %s, now(), {forgiven}, case when {forgiven} is not null then 'Kindness' end)",
            scene.client.id,
            session["id"],
            because,
            currency,
        )
    yield Visit("pay_fee", "owed", scene.make_link("pay_fee", scene.client, None), presses=True)
    yield Visit("pay_fee", "nothing owed", scene.make_link("pay_fee", scene.practitioner, None))
    yield Visit("pay_fee", "without a link", f"{stage.env['PAGES_URL']}/pay-fee")
    yield Visit("pay_fee", "paid", f"{stage.env['PAGES_URL']}/pay-fee?back=paid")


def reviewed(stage: Stage) -> Iterator[Visit]:
    """Fees of others and of the admin's own, ratings that are shown and hidden, of a name that does not break."""
    admin = stage.admin()
    scene, words = PageScene(stage), "Calm."
    stage.execute(
        "update public.practitioners set name = %s where user_id = %s", LONG_NAME, scene.practitioner.id
    )
    scene.call(scene.client, LONG_NAME)
    fee = (
        "insert into public.owed_fees (user_id, session_id, because, amount_minor, currency, scheduled_at, created_at)"
        " values (%s, %s, %s, 2500, 'cad', now(), '2020-01-01')"
    )
    missed = stage.session(
        client=scene.client, practitioner=scene.practitioner, starts_in_minutes=-20_000, status="completed"
    )
    stage.execute(fee, scene.client.id, missed["id"], "no_show")
    stage.execute(fee, scene.booker().id, None, "late_cancellation")
    stage.execute(fee, admin.id, None, "no_show")
    for hidden in (False, True):
        its = stage.session(
            client=scene.client, practitioner=scene.practitioner, starts_in_minutes=-9000 - 100 * hidden
        )
        hold(stage, its["id"], 100 + 10 * hidden)
        link = scene.make_link("rate_session", scene.client, str(its["id"]))
        scene.press(link, stars=2, words=f"{LONG_NAME} " * 3 if hidden else words).raise_for_status()
        if hidden:
            stage.execute(
                "update public.session_ratings set hidden_at = now(), decision_reason = %s where session_id = %s",
                LONG_NAME,
                its["id"],
            )
    link = scene.make_link("review_fees_and_ratings", admin, None)
    yield Visit("review_fees_and_ratings", "as an admin", link)
    yield Visit("review_fees_and_ratings", "found", f"{link}&find=calm")
    yield Visit("review_fees_and_ratings", "none found", f"{link}&find=zzzz")
    factor = stage.admin()
    stage.enroll(factor)
    yield Visit(
        "review_fees_and_ratings", "with a factor", scene.make_link("review_fees_and_ratings", factor, None)
    )
    yield Visit(
        "review_fees_and_ratings", "without a link", f"{stage.env['PAGES_URL']}/review-fees-and-ratings"
    )


def payouts(stage: Stage) -> Iterator[Visit]:
    """On its way, paid, and failed."""
    scene = PageScene(stage)
    for name, rpc, more in (
        ("on its way", None, {}),
        ("paid", "mark_payout_paid", {"transaction_reference": LONG_NAME}),
        ("failed", "mark_payout_failed", {"reason": LONG_NAME}),
    ):
        paid = PayoutScene(stage)
        paid.earn(10050)
        paid.run()
        (payout,) = paid.payouts()
        if rpc:
            body = {"payout_id": payout["id"], **more}
            stage.rest("POST", f"rpc/{rpc}", as_=paid.admin, json=body).raise_for_status()
        link = scene.make_link("show_payout", paid.practitioner, payout["id"])
        yield Visit("show_payout", name, link)
    over = scene.make_link("show_payout", paid.practitioner, payout["id"], ends_in="-1 second")
    yield Visit("show_payout", "over", over)


SCENES: Scenes = {
    "pay_session": paying,
    "pay_fee": fees,
    "review_fees_and_ratings": reviewed,
    "show_payout": payouts,
    "show_refused_checkout": checkouts,
}
