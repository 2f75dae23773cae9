"""A signed waiver is evidence: it cannot be made up, doubled, changed or lost."""

import hashlib
from typing import Any

import psycopg
import pytest

from shared.pictures import encoded_anew
from tests import png_corpus

from .conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox

PNG = png_corpus.SMALL
# Whoever writes past the service, with its key: what a header says, and that there is an end, is checked here too.
UNSTORABLE = [
    *("the first chunk is not IHDR", "a text before IHDR", "two IHDRs, the second huge", "huge, and says so"),
    *(
        "huge beyond any memory",
        "sides that overflow",
        "one row without end",
        "one pixel too many",
        "no height",
    ),
    *(
        "interlaced",
        "16 bits",
        "no palette",
        "a short header",
        "nothing but the magic",
        "cut off in the data",
    ),
    *("trailing bytes", "too many bytes", "JPEG called a PNG", "nothing"),
]


def sign(sandbox: Sandbox, user: str = OTHER_CLIENT, session: str | None = None, **more: Any) -> Any:
    """Sign the active version as the server does. Gives the id."""
    sandbox.act_as("service")
    columns, marks = "".join(f", {name}" for name in more), ", %s" * len(more)
    return sandbox.one(
        f"""insert into public.liability_waivers
              (user_id, session_id, waiver_text, waiver_policy_id, waiver_policy_version{columns})
            select %s, %s, 'I accept, on 22 November.', p.id, p.version{marks}
              from public.waiver_policy p where p.is_active
            returning id""",
        *(user, session, *more.values()),
    )


def test_a_general_waiver_is_signed_once_per_version(sandbox: Sandbox) -> None:
    """Null sessions do not make it unlimited; a new version asks for a new signature."""
    sign(sandbox)
    with pytest.raises(psycopg.errors.UniqueViolation), sandbox.undone():
        sign(sandbox)

    sandbox.act_as("admin")
    sandbox.run("insert into public.waiver_policy (version, policy_text) values (2, 'Newer.')")
    sign(sandbox)


def test_a_waiver_for_a_session_is_signed_once_per_person(sandbox: Sandbox) -> None:
    """Beside the general waiver, and whatever the version."""
    session = "20000000-0000-4000-8000-000000000002"
    sign(sandbox)
    sign(sandbox, session=session)
    sign(sandbox, user=CLIENT, session=session)

    with pytest.raises(psycopg.errors.UniqueViolation), sandbox.undone():
        sign(sandbox, session=session)


def test_the_facts_of_signing_are_set_by_the_server(sandbox: Sandbox) -> None:
    """When and what follows from the clock and the text; even the service cannot choose them."""
    waiver = sign(sandbox, signature_image=PNG, signature_name="Other client")

    assert [{"today": True, "text": True, "image": hashlib.sha256(PNG).hexdigest()}] == sandbox.run(
        """select signed_at = now() as today, text_sha256 = encode(sha256(waiver_text::bytea), 'hex') as text,
                  signature_image_sha256 as image
             from public.liability_waivers where id = %s""",
        waiver,
    )
    with sandbox.forbidden():
        sign(sandbox, signed_at="2020-01-01")


@pytest.mark.parametrize("name", UNSTORABLE)
def test_a_signature_is_a_small_png_as_we_encode_it(sandbox: Sandbox, name: str) -> None:
    """Nobody stores another, not even the service: evidence cannot be changed."""
    with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
        sign(sandbox, signature_image=png_corpus.REFUSED[name])


def test_what_we_encode_is_stored_whatever_it_was(sandbox: Sandbox) -> None:
    """Of every kind and of every size: the database holds pictures to the limits that the service holds them to."""
    pictures = [image for _, image in png_corpus.of_every_kind()] + [*png_corpus.ACCEPTED.values()]

    for image in pictures:
        with sandbox.undone():
            sign(sandbox, signature_image=encoded_anew(image))


@pytest.mark.parametrize("who", ["client", "practitioner", "admin", "service"])
def test_nobody_changes_or_deletes_a_signed_waiver(sandbox: Sandbox, who: str) -> None:
    """Neither grant nor policy allows it to anybody."""
    sandbox.act_as(who)
    for attempt in (
        "update public.liability_waivers set waiver_text = ''",
        "delete from public.liability_waivers",
    ):
        with sandbox.forbidden():
            sandbox.run(attempt)


def test_the_owner_of_the_table_does_not_change_a_signed_waiver_either(sandbox: Sandbox) -> None:
    """By trigger: text, dates, people, hashes; one row or all."""
    sandbox.act_as("owner")
    attempts = (
        "update public.liability_waivers set waiver_text = 'I owe you.'",
        "update public.liability_waivers set signed_at = '2020-01-01'",
        f"update public.liability_waivers set user_id = '{OTHER_CLIENT}'",
        "update public.liability_waivers set session_id = null",
        "update public.liability_waivers set ip_address = '203.0.113.9'",
        "delete from public.liability_waivers",
        "truncate public.liability_waivers",
    )
    for attempt in attempts:
        with sandbox.refused("evidence_is_kept"):
            sandbox.run(attempt)


def test_a_signed_waiver_outlives_the_session_and_the_account(sandbox: Sandbox) -> None:
    """Both can be deleted; who signed what for which session stays."""
    sandbox.act_as("owner")
    sandbox.run("update public.legal_holds set released_at = now() where user_id = %s", CLIENT)
    sandbox.run("delete from public.session_recordings where session_id = %s", ROW)
    sandbox.run("delete from auth.users where id = %s", CLIENT)
    sandbox.run("delete from public.session_schedules where id = %s", ROW)

    kept = sandbox.run(
        "select user_id::text, session_id::text, waiver_text from public.liability_waivers where id = %s", ROW
    )
    assert [{"user_id": CLIENT, "session_id": ROW, "waiver_text": "I accept."}] == kept


def test_erasing_a_person_leaves_the_waiver_verifiable(sandbox: Sandbox) -> None:
    """What identifies them may be blanked, once and for all; text and hashes stay."""
    waiver = sign(
        sandbox,
        signature_image=PNG,
        signature_name="Other client",
        ip_address="192.0.2.7",
        user_agent="Browser",
    )
    sandbox.act_as("owner")

    sandbox.run(
        """update public.liability_waivers
              set ip_address = null, user_agent = null, signature_name = null, signature_image = null where id = %s""",
        waiver,
    )

    assert hashlib.sha256(PNG).hexdigest() == sandbox.one(
        "select signature_image_sha256 from public.liability_waivers where id = %s", waiver
    )
    with sandbox.refused("evidence_is_kept"):
        sandbox.run(
            "update public.liability_waivers set signature_name = 'Somebody else' where id = %s", waiver
        )
