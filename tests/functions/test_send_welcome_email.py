"""A welcome: once, to a confirmed address of the account's own, whoever asks and whatever they say."""

from uuid import uuid4

from tests.mail_scene import MailScene

NAME = "send-welcome-email"


def test_a_new_account_is_welcomed_once(mail: MailScene) -> None:
    """Signing up does it; the page asks as well, without being signed in, and can neither aim nor word it."""
    newcomer = mail.stage.client()
    body = {"user_id": str(newcomer.id), "email": mail.client.email, "name": "<b>Act now</b>"}

    replies = [mail.stage.invoke(NAME, body) for _ in range(2)]
    mail.send()
    mail.stage.invoke(NAME, body)
    mail.send()

    assert [reply.json() for reply in replies] == [{"success": True, "messageId": None}] * 2
    welcome = mail.only_mail_to(newcomer)
    assert welcome["Subject"] == "Welcome to Sadhu"
    assert "Act now" not in welcome["HtmlBody"]
    assert mail.mails_to(mail.client) == []


def test_the_reply_does_not_reveal_who_has_an_account(mail: MailScene) -> None:
    """The answer is the same for nobody, and for nothing."""
    replies = [mail.stage.invoke(NAME, body) for body in ({"user_id": str(uuid4())}, {}, None)]

    assert [(200, {"success": True, "messageId": None})] * 3 == [
        (each.status_code, each.json()) for each in replies
    ]


def test_an_address_is_written_to_only_once_it_is_confirmed(mail: MailScene) -> None:
    """Anybody can sign up with somebody else's."""
    victim = uuid4()
    mail.stage.execute(
        "insert into auth.users (id, email, email_confirmed_at) values (%s, %s, null)",
        victim,
        f"{victim}@stage.test",
    )
    count = "select count(*) from private.mails where user_id = %s and kind = 'welcome'"
    mail.stage.invoke(NAME, {"user_id": str(victim)})
    before = mail.stage.value(count, victim)
    mail.stage.execute("update auth.users set email_confirmed_at = now() where id = %s", victim)

    assert (before, mail.stage.value(count, victim)) == (0, 1)


def test_an_old_account_is_not_welcomed_at_a_strangers_request(mail: MailScene) -> None:
    """Not even if no welcome was ever sent."""
    mail.stage.execute("delete from private.outbox where user_id = %s and kind = 'welcome'", mail.client.id)
    mail.stage.execute(
        "update auth.users set created_at = now() - interval '2 days' where id = %s", mail.client.id
    )

    mail.stage.invoke(NAME, {"user_id": str(mail.client.id)})

    assert not mail.stage.value(
        "select count(*) from private.mails where user_id = %s and kind = 'welcome'", mail.client.id
    )
