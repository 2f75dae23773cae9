"""Listing payments: what was paid, by whom and to whom, for admins, in one call."""

from typing import Any

import pytest

from tests.cast import Person, Stage

SPENT = [("cad", 94.90, "completed"), ("usd", 40.15, "completed"), ("cad", 100, "pending")]


@pytest.fixture(scope="module")
def people(stage: Stage) -> tuple[Person, Person, Person]:
    """An admin, and a client who has paid a practitioner three times."""
    admin, client, practitioner = stage.admin(), stage.client(), stage.practitioner()
    for currency, total, status in SPENT:
        session = stage.session(
            client=client,
            practitioner=practitioner,
            starts_in_minutes=90 * SPENT.index((currency, total, status)),
        )
        stage.execute(
            "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
            " practitioner_share, platform_share, currency, status) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            session["id"],
            practitioner.practitioner_id,
            client.id,
            total,
            round(total * 0.75, 2),
            round(total - round(total * 0.75, 2), 2),
            currency,
            status,
        )
    return admin, client, practitioner


def listed(stage: Stage, people: tuple[Person, Person, Person], body: Any = None) -> list[dict[str, Any]]:
    """Those of this scene, newest first."""
    admin, client, _ = people
    reply = stage.invoke("list-payments", body, as_=admin)
    assert reply.status_code == 200, reply.text
    return [payment for payment in reply.json()["payments"] if payment["client_id"] == str(client.id)]


def test_the_dashboard_gets_amounts_as_numbers(stage: Stage, people: tuple[Person, Person, Person]) -> None:
    """Without a body: every payment, its amounts as numbers, with session, practitioner and client."""
    _, client, practitioner = people

    payments = listed(stage, people)

    assert sum(payment["total_amount"] for payment in payments) == pytest.approx(235.05)
    assert [payment["created_at"] for payment in payments] == sorted(
        (payment["created_at"] for payment in payments), reverse=True
    )
    last = payments[0]
    columns = stage.row("select * from public.session_payments where id = %s", last["id"])
    assert columns.keys() | {"session", "practitioner", "client"} == last.keys()
    assert last["practitioner"] == {"name": "Practitioner"} and last["client"] == {"email": client.email}
    assert last["session"].keys() == {"id", "scheduled_at", "duration_minutes", "status"}
    assert last["session"]["id"] == last["session_id"]
    assert last["practitioner_id"] == str(practitioner.practitioner_id)


@pytest.mark.parametrize(
    ("body", "amounts"),
    [
        ({"status": "all", "currency": "all"}, [94.90, 40.15, 100]),
        ({"status": "completed", "currency": "all"}, [94.90, 40.15]),
        ({"status": "all", "currency": "usd"}, [40.15]),
        ({"status": "pending", "currency": "cad"}, [100]),
        ({"status": "refunded", "currency": "all"}, []),
    ],
)
def test_the_orders_page_filters_by_status_and_currency(
    stage: Stage, people: tuple[Person, Person, Person], body: dict[str, str], amounts: list[float]
) -> None:
    assert amounts == [payment["total_amount"] for payment in reversed(listed(stage, people, body))]


def test_pages_list_every_payment_once(stage: Stage, people: tuple[Person, Person, Person]) -> None:
    """In the order of the whole list."""
    admin, *_ = people
    whole = [payment["id"] for payment in stage.invoke("list-payments", as_=admin).json()["payments"]]

    seen, cursor = [], None
    while cursor or not seen:
        body = {"page_size": len(whole) // 3 + 1, "cursor": cursor}
        page = stage.invoke("list-payments", body, as_=admin).json()
        seen += [payment["id"] for payment in page["payments"]]
        cursor = page["next_cursor"]

    assert whole == seen


def test_a_deleted_person_is_null_in_the_list(stage: Stage, people: tuple[Person, Person, Person]) -> None:
    """The payment stays, and the page reads on."""
    payment = listed(stage, people)[0]["id"]
    stage.execute(
        "update public.session_payments set practitioner_id = gen_random_uuid() where id = %s", payment
    )

    (gone,) = [each for each in listed(stage, people) if each["id"] == payment]

    assert gone["practitioner"] == {"name": None}


def test_only_admins_list_payments(stage: Stage) -> None:
    """Anybody else reads their own payments in the table."""
    for person in (stage.client(), stage.practitioner()):
        reply = stage.invoke("list-payments", as_=person)
        assert (reply.status_code, reply.json()["code"]) == (403, "admins_only")
    assert stage.invoke("list-payments").status_code == 401
