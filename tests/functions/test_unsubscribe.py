"""The way out of a mail: one POST by whoever holds the link, and it stays."""

import pytest

from tests.cast import Stage
from tests.mail_scene import ONE_CLICK, MailScene

BROWSER = {"accept": "text/html,application/xhtml+xml"}


class RemindedPerson(MailScene):
    """Somebody who got a reminder."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.tomorrow()
        self.send()
        self.link = self.unsubscribe_address(self.only_mail_to(self.client)) or ""

    def preferences(self) -> list[dict[str, bool]]:
        path = "notification_preferences?select=session_reminders,follow_ups"
        return list(self.stage.rest("GET", path, as_=self.client).json())


@pytest.fixture
def reminded(stage: Stage) -> RemindedPerson:
    return RemindedPerson(stage)


def test_one_post_switches_reminders_off_for_good(reminded: RemindedPerson) -> None:
    """As mail programs send it, without any sign-in; twice changes nothing. Confirmations go on."""
    post = [
        reminded.stage.http.post(reminded.link, content=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
        for _ in range(2)
    ]

    assert [200, 200] == [reply.status_code for reply in post]
    assert [{"session_reminders": False, "follow_ups": True}] == reminded.preferences()
    reminded.tomorrow(hours=20)
    reminded.book()
    reminded.send()
    assert ("session_reminder", "dropped", "opted_out") in reminded.states()
    assert ("session_booked", "sent", None) in reminded.states()
    assert len(reminded.mails_to(reminded.client)) == 2


def test_a_get_request_changes_nothing(reminded: RemindedPerson) -> None:
    """Scanners follow links. A person gets a page with one button, which no other site can press."""
    page = reminded.stage.http.get(reminded.link, headers=BROWSER)

    assert "reminders before your sessions" in page.text
    assert '<form method="post"><button>' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "no-store" in page.headers["cache-control"]
    assert [] == reminded.preferences()
    assert "You get no more reminders" in reminded.stage.http.post(reminded.link, headers=ONE_CLICK).text


def test_the_person_can_switch_reminders_on_again(reminded: RemindedPerson) -> None:
    """In their own row; other people's rows are not there."""
    reminded.stage.http.post(reminded.link, headers=ONE_CLICK)
    own = f"notification_preferences?user_id=eq.{reminded.client.id}"

    assert (
        []
        == reminded.stage.rest(
            "PATCH", own, as_=reminded.practitioner, json={"session_reminders": True}
        ).json()
    )
    reminded.stage.rest(
        "PATCH", own, as_=reminded.client, json={"session_reminders": True}
    ).raise_for_status()
    reminded.tomorrow(hours=20)
    reminded.send()

    assert len(reminded.mails_to(reminded.client)) == 2


def test_an_unknown_link_is_refused(reminded: RemindedPerson) -> None:
    """In the one shape, and to a browser in words. Only the hash of a link's token is kept."""
    wrong = reminded.link[:-1] + "?"
    refused = reminded.stage.http.post(wrong, headers=ONE_CLICK)
    page = reminded.stage.http.get(wrong, headers=BROWSER)

    assert (404, "link_not_found") == (refused.status_code, refused.json()["code"])
    assert (404, True) == (page.status_code, "This link is not known" in page.text)
    token = reminded.link.partition("token=")[2]
    assert not reminded.stage.value("select count(*) from private.page_links where token_sha256 = %s", token)
