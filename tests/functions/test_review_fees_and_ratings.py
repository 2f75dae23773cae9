"""The page on which admins let people off fees and hide ratings: found by a mail, theirs alone, told to the debtor."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.cast import Person, Stage
from tests.fee_scene import book_with_fees, listed, open_payment, pay, reconcile, statuses
from tests.functions.test_rate_session import held_with, rating
from tests.story_scene import StoryScene, words

PAGE = "review_fees_and_ratings"


@pytest.fixture
def story(stage: Stage) -> Iterator[StoryScene]:
    """Somebody has cancelled late, who has a name."""
    with book_with_fees(stage) as scene:
        scene.name = f"Zebulon {uuid4().hex}"  # by which it is found among what other tests owe
        scene.call(scene.client, scene.name)
        scene.wait_until(8 * 60, scene.session)
        scene.cancel_by_link(scene.client)
        scene.hear(scene.client)
        yield scene


def ask_for_links(story: StoryScene, person: Person) -> None:
    story.submit(story.address("find_my_sessions"), "Send me my links", address=person.email)
    story.hear(person)


def link_of(story: StoryScene, person: Person | None = None, find: str = "") -> str:
    """One that no mail has had."""
    return found(story, story.make_link(PAGE, person or story.admin, None), find)


def found(story: StoryScene, link: str, find: str = "") -> str:
    return str(httpx.URL(link).copy_add_param("find", find or story.name))


def fee_of(story: StoryScene) -> Any:
    return story.stage.value("select id from public.owed_fees where user_id = %s", story.client.id)


def test_from_the_matters_mail_to_the_fee_that_is_off(story: StoryScene) -> None:
    """The mail names the page, the page says how to get a link, the link shows it, and its debtor hears of it."""
    stage = story.stage
    stage.execute(
        "update public.owed_fees set created_at = '2021-03-04T15:00:00Z' where id = %s", fee_of(story)
    )
    told_at = stage.value(
        "insert into private.matters (kind, subject, since, told_at) values ('late_fee_due', %s, now(), now())"
        " returning told_at",
        str(fee_of(story)),
    )
    stage.execute(
        "select private.publish_event('matters_waiting', null, null, jsonb_build_object('told_at', %s::timestamptz))",
        told_at,
    )
    story.send()
    caught = stage.http.get(f"{stage.env['MAIL_URL']}/messages").json()
    told = [each for each in caught if each["To"] == stage.env["SUPPORT_EMAIL"]]
    mail = [each for each in told if str(fee_of(story)) in each["TextBody"]][-1]
    assert story.address(PAGE) in mail["TextBody"]
    assert "token" not in mail["TextBody"], "many may read it"
    assert "by a link that they are sent" in words(story.look(story.address(PAGE)).text)

    ask_for_links(story, story.admin)
    assert "you can let people off fees, and hide ratings" in story.newest_text(story.admin)
    link = found(story, story.link_to(PAGE, story.admin))
    shown = words(story.look(link).raise_for_status().text)
    assert f"US$25.00 {story.name} A late cancellation" in shown
    assert "with Practitioner, " in shown and "Owed since Thursday, March 4, 2021" in shown
    assert [fee["reason"] for fee in listed(story)] == [None], "looking changes nothing"

    said = story.submit(link, "Forgive the fee", reason="A hard week")
    assert (
        "The fee is off, and they get a mail about it." in said
        and story.name not in said.partition("Fees that")[2]
    )
    assert statuses(story) == ["forgiven"]
    kept = stage.row("select reason, forgiven_by from public.owed_fees where id = %s", fee_of(story))
    assert kept == {"reason": "A hard week", "forgiven_by": story.admin.id}
    assert story.hear(story.client) == ["fee_forgiven"]


def test_what_the_rpc_refuses_is_refused_on_the_page(story: StoryScene) -> None:
    """A payment came first, no reason, nothing of that id, one's own: it says so, and nothing has changed."""
    link, fee = link_of(story), str(fee_of(story))
    refused = story.press(link, act="forgive", id=fee, reason=" ")
    assert refused.status_code == 422 and "Please say why it is forgiven." in words(refused.text)
    assert story.name in words(refused.text), "with what there is to choose"
    gone = story.press(link, act="forgive", id="10000000-0000-4000-8000-000000000001", reason="Kindness")
    assert gone.status_code == 404
    assert statuses(story) == ["owed"]
    pay(story)
    late = story.press(link, act="forgive", id=fee, reason="Kindness")
    assert late.status_code == 409 and "This fee is paid." in words(late.text)
    assert statuses(story) == ["paid"]

    own = story.stage.value(
        "insert into public.owed_fees (user_id, because, amount_minor, currency, scheduled_at, created_at)"
        " values (%s, 'no_show', 1500, 'cad', now(), '2000-01-01') returning id",
        story.admin.id,
    )
    story.call(story.admin, "Ottilie Own")
    shown = story.look(link_of(story, find="Ottilie")).text
    assert "another administrator decides about it" in words(shown) and "Forgive the fee" not in shown
    assert story.press(link, act="forgive", id=str(own), reason="Kindness").status_code == 403
    assert story.stage.value("select status from public.owed_fees where id = %s", own) == "owed"


def test_forgiven_on_the_page_while_it_is_paid(story: StoryScene) -> None:
    """The page at Stripe is closed by it."""
    open_payment(story)
    story.submit(link_of(story), "Forgive the fee", reason="A hard week")
    reconcile(story)
    closed = "select status from public.checkout_sessions where fee_id = %s"
    assert story.stage.value(closed, fee_of(story)) == "expired"


def test_a_rating_is_hidden_and_shown_again(story: StoryScene) -> None:
    """Found by its word, with a reason each time; without whose it is, and its practitioner's link does nothing."""
    session = held_with(story, story.client)
    story.submit(
        story.link_to("rate_session"), "Save the rating", stars="1", words="Quixotic <b>nonsense</b>"
    )
    link = link_of(story, find="QUIXOTIC")
    shown = story.look(link).text
    assert "One star Quixotic <b>nonsense</b>" in words(shown) and "<b>nonsense" not in shown
    assert story.name not in shown
    assert "The rating is hidden" in story.submit(link, "Hide the rating", reason="It names a person")
    assert not rating(story, session)["is_counted"]
    assert "Hidden: It names a person" in words(story.look(link).text)
    assert "The rating is shown again" in story.submit(link, "Show the rating", reason="It does not")
    kept = rating(story, session)
    assert (kept["is_counted"], kept["decision_reason"]) == (True, "It does not")
    assert "Shown again: It does not" in words(story.look(link).text)
    refused = story.press(link, act="hide", id=str(kept["id"]), reason="")
    assert refused.status_code == 422 and "Please say why." in words(refused.text)

    # Whoever is rated may be an admin: not of this.
    story.stage.execute(
        "insert into public.user_roles (user_id, role) values (%s, 'admin')", story.practitioner.id
    )
    own = link_of(story, story.practitioner, find="quixotic")
    assert "It is about you" in words(story.look(own).text) and "Hide the rating" not in story.look(own).text
    assert story.press(own, act="hide", id=str(kept["id"]), reason="It is wrong").status_code == 403
    assert rating(story, session)["is_counted"]


def test_it_is_for_admins_while_they_are(story: StoryScene) -> None:
    """Nobody else is mailed a link, nobody else's opens, and not with a second factor that a link is not."""
    ask_for_links(story, story.client)
    assert PAGE.replace("_", "-") not in "".join(mail["TextBody"] for mail in story.mails_to(story.client))
    fee = str(fee_of(story))
    for person in (story.client, story.practitioner):
        link = link_of(story, person)
        assert story.look(link).status_code == 410
        assert story.press(link, act="forgive", id=fee, reason="Kindness").status_code == 410
    link = link_of(story)
    story.stage.enroll(story.admin)
    assert story.look(link).status_code == 403
    refused = story.press(link, act="forgive", id=fee, reason="Kindness")
    assert refused.status_code == 403 and "A link in a mail is no second factor" in words(refused.text)
    story.stage.execute("delete from auth.mfa_factors where user_id = %s", story.admin.id)
    assert story.name in story.look(link).text
    story.stage.execute("delete from public.user_roles where user_id = %s", story.admin.id)
    assert story.press(link, act="forgive", id=fee, reason="Kindness").status_code == 410
    assert statuses(story) == ["owed"]


def test_the_lists_are_short_and_say_so(story: StoryScene) -> None:
    """The oldest first; more of them are found by a name."""
    story.stage.execute(
        "insert into public.owed_fees (user_id, because, amount_minor, currency, scheduled_at, created_at)"
        " select %s, 'no_show', 1500, 'cad', now(), '2010-01-01' from generate_series(1, 60)",
        story.client.id,
    )
    page = words(story.look(story.make_link(PAGE, story.admin, None)).text)
    assert page.count("Let them off") == 50 and "These are the oldest." in page
    none = words(story.look(link_of(story, find="%_")).text)
    assert "No fee was found." in none and "No rating was found." in none, "what is typed is no pattern"
    assert story.look(link_of(story, find="x" * 101)).status_code == 422
    story.stage.execute(
        "update public.owed_fees set forgiven_at = now(), reason = 'A test' where user_id = %s",
        story.client.id,
    )
