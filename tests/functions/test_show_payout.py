"""The page about a payout: reached by its mail, with statements that a practitioner keeps."""

from datetime import UTC, datetime

import pytest

from tests.cast import Stage
from tests.contract_scene import pages_of
from tests.page_scene import PageScene
from tests.payout_scene import PayoutScene

THIS_YEAR = datetime.now(UTC).year


@pytest.fixture
def paid(stage: Stage) -> PayoutScene:
    """Somebody who is owed a hundred dollars, and has a payout."""
    paid = PayoutScene(stage)
    paid.earn(10050)
    paid.run()
    return paid


def test_the_mail_of_a_payout_leads_to_it_and_to_its_statements(paid: PayoutScene, stage: Stage) -> None:
    """Without signing in: the page, the payout's PDF, and the year's."""
    mail = PageScene(stage)
    (payout,) = paid.payouts()
    body = {"payout_id": payout["id"], "transaction_reference": "wire-1"}
    stage.rest("POST", "rpc/mark_payout_paid", as_=paid.admin, json=body).raise_for_status()
    mail.send()

    link = mail.link_to("show_payout", paid.practitioner)
    page = mail.look(link)

    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert "Your payout of CA$100.50" in page.text and "wire-1" in page.text
    statement = stage.http.get(f"{link}&file=payout")
    assert (200, "application/pdf", "no-store") == (
        statement.status_code,
        statement.headers["content-type"],
        statement.headers["cache-control"],
    )
    assert f'filename="payout-{payout["id"]}.pdf"' in statement.headers["content-disposition"]
    assert "CA$100.50" in " ".join(pages_of(statement.content))
    assert f"&amp;file=year&amp;year={THIS_YEAR}&amp;currency=cad" in page.text
    year = stage.http.get(f"{link}&file=year&year={THIS_YEAR}&currency=cad")
    assert f"Earnings {THIS_YEAR} in Canadian dollars" in " ".join(pages_of(year.content))


def test_a_link_shows_its_own_payout_as_it_is_now(paid: PayoutScene, stage: Stage) -> None:
    """On its way, then failed with the reason; and never another's, whatever else is in the address."""
    mail = PageScene(stage)
    (payout,) = paid.payouts()
    link = mail.make_link("show_payout", paid.practitioner, payout["id"])
    on_its_way = mail.look(link).text
    body = {"payout_id": payout["id"], "reason": "<b>Account closed</b>"}
    stage.rest("POST", "rpc/mark_payout_failed", as_=paid.admin, json=body).raise_for_status()
    failed = mail.look(link)
    foreign = mail.look(mail.make_link("show_payout", stage.practitioner(), payout["id"]))

    assert "It is on its way." in on_its_way
    assert "&lt;b&gt;Account closed&lt;/b&gt;" in failed.text
    assert 404 == foreign.status_code


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("&file=year", 422),
        ("&file=year&year=2001", 422),
        (f"&file=year&year={THIS_YEAR + 2}&currency=cad", 422),
        ("&file=year&year=2001&currency=usd", 200),
        ("&file=other", 422),
    ],
)
def test_what_there_is_no_statement_of_is_refused(
    paid: PayoutScene, stage: Stage, more: str, status: int
) -> None:
    (payout,) = paid.payouts()
    link = PageScene(stage).make_link("show_payout", paid.practitioner, payout["id"])

    assert status == stage.http.get(link + more).status_code


def test_an_unknown_link_opens_nothing(stage: Stage) -> None:
    assert 404 == stage.http.get(f"{stage.env['PAGES_URL']}/show-payout?token=x").status_code
