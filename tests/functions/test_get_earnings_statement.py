"""Statements of earnings: what a payout is made of and what a year came to, to the cent of the ledger."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.contract_scene import pages_of
from tests.payout_scene import PayoutScene

STATEMENT = "get-earnings-statement"
THIS_YEAR = datetime.now(UTC).year


class StatementScene(PayoutScene):
    """A practitioner whose sessions were held, and who is paid."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.client = stage.client()
        stage.execute("update public.profiles set full_name = 'Client Unnamed' where id = %s", self.client.id)
        stage.execute(
            "update public.practitioners set name = 'Łódź 北京' where id = %s", self.practitioner_id
        )

    def hold(self, total: float, share: float, currency: str = "cad") -> str:
        """A session, paid and held an hour ago. Gives its payment."""
        session = self.stage.session(
            client=self.client, practitioner=self.practitioner, starts_in_minutes=-90
        )
        payment = self.stage.value(
            """insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,
                                                    practitioner_share, platform_share, currency, status)
               values (%s, %s, %s, %s, %s, %s, %s, 'completed') returning id""",
            *(session["id"], self.practitioner_id, self.client.id, total, share, total - share, currency),
        )
        self.stage.execute(
            "update public.session_schedules set status = 'completed' where id = %s", session["id"]
        )
        return str(payment)

    def adjust(self, amount_minor: int, reason: str) -> None:
        body = {"practitioner_id": str(self.practitioner_id), "currency": "cad"}
        body |= {"amount_minor": amount_minor, "reason": reason}  # type: ignore[dict-item]
        self.stage.rest("POST", "rpc/adjust_earnings", as_=self.admin, json=body).raise_for_status()

    def pay(self, *payments: str) -> None:
        """As the payments page marks them."""
        path = f"session_payments?id=in.({','.join(payments)})"
        paid = {"paid_out_at": datetime.now(UTC).isoformat(), "status": "paid_out"}
        self.stage.rest("PATCH", path, as_=self.admin, json=paid).raise_for_status()

    def text(self, *, as_: Person | None = None, **asked: Any) -> str:
        """What stands on a statement."""
        reply = self.stage.invoke(STATEMENT, asked, as_=as_ or self.practitioner)
        assert (200, "application/pdf") == (reply.status_code, reply.headers["content-type"]), reply.text
        return " ".join(" ".join(pages_of(reply.content)).split())


@pytest.fixture
def scene(stage: Stage) -> StatementScene:
    return StatementScene(stage)


def test_a_payout_is_the_sum_of_what_stands_on_its_statement(scene: StatementScene) -> None:
    """Each session, what it earned, and the total; for the practitioner and for admins. No client is named."""
    scene.pay(scene.hold(100, 75), scene.hold(55.55, 41.66))
    (payout,) = scene.payouts()

    text = scene.text(payout_id=payout["id"])

    assert 11666 == payout["amount_minor"] == sum(map(in_cents, re.findall(r"CA\$[\d.]+", text)[1:3]))
    for said in (
        "Payout statement",
        "Łódź 北京",
        "Paid on ",
        "CA$75.00",
        "CA$41.66",
        "This payout CA$116.66",
    ):
        assert said in text, said
    assert "Client" not in text.replace("No client", "")
    assert payout["id"] in text
    assert text == scene.text(as_=scene.admin, payout_id=payout["id"])


def test_a_year_is_what_the_ledger_moved(scene: StatementScene) -> None:
    """Earned, corrected, paid out, and owed at its end; each currency for itself, and empty where nothing was."""
    first, second = scene.hold(100, 75), scene.hold(40, 30)
    scene.hold(73, 54.75, "usd")
    scene.adjust(-1050, "One seat too many")
    scene.pay(first)

    cad = scene.text(year=THIS_YEAR, currency="cad")
    usd = scene.text(year=THIS_YEAR, currency="usd")
    before = scene.text(year=THIS_YEAR - 1, currency="cad")

    owed = scene.stage.value(
        """select sum(p.amount_minor) from public.ledger_transactions t join public.ledger_postings p
             on p.transaction_id = t.id where t.practitioner_id = %s and t.currency = 'cad'
            and p.account = 'practitioner_payable'""",
        scene.practitioner_id,
    )
    (paid,) = [each["amount_minor"] for each in scene.payouts()]
    assert 7500 + 3000 - 1050 - paid == owed
    assert f"Year 2 CA$105.00 CA$0.00 −CA$10.50 −{money(paid)} {money(owed)}" in cad
    assert "Owed before CA$0.00" in cad and f"Earnings {THIS_YEAR} in Canadian dollars" in cad
    assert "Year 1 US$54.75 US$0.00 US$0.00 US$0.00 US$54.75" in usd and "None was made." in usd
    assert "Year 0 CA$0.00" in before and "December" in before
    assert second and "Client Unnamed" not in cad


def test_the_same_rows_give_the_same_bytes(scene: StatementScene) -> None:
    """As with every copy: it can be compared."""
    scene.pay(scene.hold(100, 75))
    (payout,) = scene.payouts()
    asked = {"payout_id": payout["id"]}

    once, again = (scene.stage.invoke(STATEMENT, asked, as_=scene.practitioner).content for _ in range(2))

    assert once == again
    link = scene.stage.invoke(f"{STATEMENT}?payout_id={payout['id']}", as_=scene.practitioner, method="GET")
    assert link.content == once
    assert f'filename="payout-{payout["id"]}.pdf"' in link.headers["content-disposition"]


def test_other_people_get_no_statement(scene: StatementScene, stage: Stage) -> None:
    scene.pay(scene.hold(100, 75))
    (payout,) = scene.payouts()
    other, year = stage.practitioner(), {"year": THIS_YEAR, "currency": "cad"}
    own = {"practitioner_id": str(scene.practitioner_id)}

    replies = [
        stage.invoke(STATEMENT, {"payout_id": payout["id"]}, as_=other),
        stage.invoke(STATEMENT, {"payout_id": payout["id"]}, as_=scene.client),
        stage.invoke(STATEMENT, {**year, **own}, as_=other),
        stage.invoke(STATEMENT, year, as_=scene.client),
    ]

    assert [
        (404, "payout_not_found"),
        (404, "payout_not_found"),
        (404, "practitioner_not_found"),
        (403, "practitioners_only"),
    ] == [(reply.status_code, reply.json()["code"]) for reply in replies]
    assert "Earnings" in scene.text(as_=scene.admin, **year, **own)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "invalid_body"),
        ({"year": 2026}, "invalid_body"),
        ({"currency": "cad"}, "invalid_body"),
        ({"payout_id": "10000000-0000-4000-8000-000000000001", "year": 2026}, "invalid_body"),
        ({"year": 2026, "currency": "eur"}, "invalid_body"),
        ({"year": 1999, "currency": "cad"}, "invalid_body"),
        ({"year": THIS_YEAR + 2, "currency": "cad"}, "year_not_possible"),
    ],
)
def test_a_statement_is_of_one_thing(scene: StatementScene, asked: dict[str, Any], code: str) -> None:
    refused = scene.stage.invoke(STATEMENT, asked, as_=scene.practitioner)

    assert (422, code) == (refused.status_code, refused.json()["code"])


def money(minor: int) -> str:
    return f"CA${minor / 100:,.2f}"


def in_cents(written: str) -> int:
    return round(100 * float(written.removeprefix("CA$")))


def test_statements_are_in_their_readers_language(scene: StatementScene) -> None:
    """And an admin's copy of the same payout is in the admin's."""
    scene.pay(scene.hold(100, 75), scene.hold(2040, 1530))
    (payout,) = scene.payouts()
    scene.adjust(-500, "Trop versé")
    scene.stage.execute(
        "insert into private.chosen_languages (user_id, language) values (%s, 'fr-CA')", scene.practitioner.id
    )

    of_payout = scene.text(payout_id=payout["id"])
    of_year = scene.text(year=THIS_YEAR, currency="cad")

    for said in (
        "Relevé de versement",
        "Versé le",
        "75,00 $ CA",
        "1 605,00 $ CA",
        "Ce versement",
        "Page 1 de",
    ):
        assert said in of_payout, said
    for said in (f"Gains de {THIS_YEAR} en dollars canadiens", f"Du 1er janvier {THIS_YEAR}", "novembre"):
        assert said in of_year, said
    assert "−5,00 $ CA" in of_year and "Solde dû" in of_year and "Séances" in of_year
    for text in (of_payout, of_year):
        assert not re.search(
            r"\b(Payout|Paid|Earned|Owed|Month|Amount|Page 1 of|Your share|client is)\b", text
        )
    assert "Payout statement" in scene.text(as_=scene.admin, payout_id=payout["id"])
