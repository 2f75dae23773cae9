"""What tests of payments do: begin a checkout as a client, have Stripe say what became of it, look at all rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stripe_events import Payment, arguments

from .conftest import CLIENT, ROW, Sandbox

# Somebody without weekly hours, at a time when nothing else is.
PRACTITIONER_ROW = "20000000-0000-4000-8000-000000000002"
SLOT = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=14)
AGREED = {"cancellation_policy_agreed": True}


def begin(sandbox: Sandbox, who: str = "client", **asked: Any) -> dict[str, Any]:
    """Begin a checkout as a client does, and open it as Stripe would."""
    sandbox.act_as(who)
    named = ", ".join(f"{name} => %s" for name in asked)
    (checkout,) = sandbox.run(f"select * from public.begin_checkout({named})", *asked.values())
    sandbox.act_as("service")
    sandbox.run(
        "select * from public.open_checkout(%s, %s, 'https://pay.stripe.test/')",
        checkout["checkout_id"],
        f"cs_{checkout['checkout_id']}",
    )
    return checkout


def single(sandbox: Sandbox, who: str = "client", **more: Any) -> dict[str, Any]:
    asked = {
        "practitioner_id": PRACTITIONER_ROW,
        "scheduled_at": SLOT,
        "session_type_id": type_of(sandbox, 45),
        "currency": "cad",
    }
    return begin(sandbox, who, payment_type="single", **{**asked, **AGREED, **more})


def package(sandbox: Sandbox, who: str = "client", **more: Any) -> dict[str, Any]:
    asked = {"payment_type": "package_5", "session_type_id": type_of(sandbox, 45), "currency": "usd"}
    return begin(sandbox, who, **{**asked, **more})


def type_of(sandbox: Sandbox, minutes: int, *, is_group: bool = False) -> Any:
    return sandbox.one(
        "select id from public.session_types"
        " where duration_minutes = %s and session_type = 'standing' and is_group = %s",
        minutes,
        is_group,
    )


def paid_by(checkout: dict[str, Any]) -> Payment:
    payment = Payment(str(checkout["checkout_id"]), checkout["amount_minor"], checkout["currency"])
    payment.id = str(checkout["checkout_id"])
    return payment


def deliver(sandbox: Sandbox, *bodies: bytes) -> list[dict[str, Any]]:
    sandbox.act_as("service")
    return [
        sandbox.run(
            "select * from public.receive_stripe_event(event_id => %s, event_type => %s, payload => %s, facts => %s,"
            " happened_at => %s)",
            *arguments(body).values(),
        )[0]
        for body in bodies
    ]


def lapse(sandbox: Sandbox) -> None:
    """Everything that was held is past its time."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_holds set expires_at = now() - interval '1 minute' where status = 'held'"
    )
    sandbox.run("update public.checkout_sessions set expires_at = now() - interval '11 minutes'")


def shares(payment: dict[str, Any]) -> list[str]:
    """What was paid; of that the practitioner's, the platform's, and what went back."""
    names = ("total_amount", "practitioner_share", "platform_share", "refunded_amount")
    return [f"{payment[name]:.2f}" for name in names]


def rows_of(sandbox: Sandbox, table: str, column: str = "user_id", of: str = CLIENT) -> list[dict[str, Any]]:
    """A person's rows, without the seeded ones."""
    sandbox.act_as("owner")
    query = f"select * from public.{table} where {column} = %s and id <> %s"
    return sandbox.run(query, of, ROW)


def booked(sandbox: Sandbox, of: str = CLIENT) -> list[dict[str, Any]]:
    return [
        row
        for row in rows_of(sandbox, "session_schedules", "client_id", of)
        if not row["room_name"].endswith(("-one", "-two"))
    ]


def messages(sandbox: Sandbox, to: str = CLIENT) -> list[str]:
    sandbox.act_as("owner")
    return [
        row["kind"]
        for row in sandbox.run("select kind from private.outbox where user_id = %s order by id", to)
    ]
