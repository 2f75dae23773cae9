"""Signing a waiver: the current text, once, with evidence the server saw and nobody can change."""

import base64
import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.pictures import encoded_anew
from tests.cast import Stage
from tests.png_corpus import chunk, data_url

PLACEHOLDER = "[Date of signing]"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def shown(stage: Stage) -> str:
    """The waiver as the page shows it: the placeholder gave way to the browser's date."""
    text: str = stage.value("select policy_text from public.waiver_policy where is_active")
    assert PLACEHOLDER in text
    return text.replace(PLACEHOLDER, "22/11/2026")


def test_a_signature_keeps_the_text_shown_and_the_facts_the_server_saw(stage: Stage, shown: str) -> None:
    """The text, its hash, the version, the address and agent of the request: not what the body claims."""
    client = stage.client()

    reply = stage.invoke(
        "create-liability-waiver",
        {
            "waiver_text": shown,
            "ip_address": "203.0.113.9",
            "user_agent": "claimed",
            "signature_name": "A. Client",
        },
        as_=client,
        headers={"user-agent": "Browser/1.0"},
    )

    assert reply.status_code == 200 and reply.json()["success"] is True
    row = stage.row("select * from public.liability_waivers where id = %s", reply.json()["waiver_id"])
    assert (row["user_id"], row["waiver_text"], row["signature_name"]) == (client.id, shown, "A. Client")
    assert (row["ip_address"], row["user_agent"]) == ("127.0.0.1", "Browser/1.0")
    assert row["text_sha256"] == hashlib.sha256(shown.encode()).hexdigest()


@pytest.mark.parametrize("date", ["11/22/2026", "22. November 2026", "2026年11月22日", "٢٢‏/١١‏/٢٠٢٦"])  # noqa: PLE2502 - as browsers write it
def test_the_date_in_the_text_may_be_in_any_locale(stage: Stage, shown: str, date: str) -> None:
    """The browser decides what stands in the place of the placeholder."""
    text = shown.replace("22/11/2026", date).replace("\n", "\r\n") + "\n"

    reply = stage.invoke("create-liability-waiver", {"waiver_text": text}, as_=stage.client())

    assert reply.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "I agree to nothing.",
        lambda text: text.replace("I will not sue them", "I may sue them"),
        lambda text: text + "\nI signed under protest.",
        lambda text: text.replace("22/11/2026", "22/11/2026\nprovided that I am paid"),
        lambda text: text.replace("22/11/2026", ""),
    ],
    ids=["another text", "a clause changed", "a sentence added", "a clause after the date", "no date"],
)
def test_any_other_text_is_refused(stage: Stage, shown: str, change: object) -> None:
    """A signature under another text would be evidence of nothing."""
    client = stage.client()

    reply = stage.invoke("create-liability-waiver", {"waiver_text": change(shown)}, as_=client)  # type: ignore[operator]

    assert (reply.status_code, reply.json()["code"]) == (409, "waiver_text_not_current")
    assert stage.value("select count(*) from public.liability_waivers where user_id = %s", client.id) == 0


def test_a_version_that_is_not_the_current_one_is_refused(stage: Stage, shown: str) -> None:
    """The page was opened before the policy changed."""
    reply = stage.invoke(
        "create-liability-waiver", {"waiver_text": shown, "waiver_policy_version": 4711}, as_=stage.client()
    )

    assert (reply.status_code, reply.json()["code"]) == (409, "waiver_text_not_current")


def test_twenty_signatures_at_once_are_one(stage: Stage, shown: str) -> None:
    """Every reply is about the first."""
    client = stage.client()

    with ThreadPoolExecutor(20) as many:
        replies = list(
            many.map(
                lambda _: stage.invoke("create-liability-waiver", {"waiver_text": shown}, as_=client),
                range(20),
            )
        )

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["waiver_id"] for reply in replies}) == 1
    assert stage.value("select count(*) from public.liability_waivers where user_id = %s", client.id) == 1


def test_a_session_can_have_a_signature_of_its_own(stage: Stage, shown: str) -> None:
    """Only by the client of the session; anybody else does not learn that it exists."""
    client, stranger = stage.client(), stage.client()
    session = stage.session(client=client)
    body = {"waiver_text": shown, "session_id": str(session["id"])}

    signed = stage.invoke("create-liability-waiver", body, as_=client)
    refused = stage.invoke("create-liability-waiver", body, as_=stranger)
    unknown = stage.invoke("create-liability-waiver", body | {"session_id": str(uuid.uuid4())}, as_=stranger)

    assert signed.status_code == 200
    assert (refused.status_code, refused.json()) == (404, unknown.json())


def test_a_drawn_signature_is_stored_with_its_hash(stage: Stage, shown: str) -> None:
    """The picture itself, not its data URL, encoded by us: every pixel, and nothing that hid beside them."""
    text = chunk(b"tEXt", b"Comment\0Taken at 43.65, -79.38")
    reply = stage.invoke(
        "create-liability-waiver",
        {"waiver_text": shown, "signature_image": data_url(PNG[:33] + text + PNG[33:])},
        as_=stage.client(),
    )

    row = stage.row("select * from public.liability_waivers where id = %s", reply.json()["waiver_id"])
    stored = bytes(row["signature_image"])
    assert stored == encoded_anew(PNG) and b"Taken" not in stored
    assert row["signature_image_sha256"] == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize(
    "image",
    [
        "data:image/svg+xml;base64,PHN2Zy8+",
        data_url(b"GIF89a, honestly"),
        data_url(PNG + b"\0" * (256 * 1024)),
        "data:image/png;base64,***",
    ],
)
def test_a_signature_that_is_no_small_png_is_refused_with_its_field(
    stage: Stage, shown: str, image: str
) -> None:
    """The field is named, and nothing is signed."""
    client = stage.client()

    reply = stage.invoke(
        "create-liability-waiver", {"waiver_text": shown, "signature_image": image}, as_=client
    )

    assert (reply.status_code, reply.json()["details"][0]["field"]) == (422, "signature_image")
    assert stage.value("select count(*) from public.liability_waivers where user_id = %s", client.id) == 0


def test_a_repeated_idempotency_key_gets_the_first_answer_and_no_other_request(
    stage: Stage, shown: str
) -> None:
    """A key belongs to one request of one person."""
    client, other = stage.client(), stage.client()
    key = {"idempotency-key": str(uuid.uuid4())}

    first = stage.invoke("create-liability-waiver", {"waiver_text": shown}, as_=client, headers=key)
    again = stage.invoke("create-liability-waiver", {"waiver_text": shown}, as_=client, headers=key)
    reused = stage.invoke(
        "create-liability-waiver", {"waiver_text": shown, "signature_name": "B"}, as_=client, headers=key
    )
    others = stage.invoke("create-liability-waiver", {"waiver_text": shown}, as_=other, headers=key)

    assert first.json() == again.json()
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    assert others.status_code == 200 and others.json()["waiver_id"] != first.json()["waiver_id"]


def test_a_signed_in_client_cannot_forge_evidence(stage: Stage, shown: str) -> None:
    """Neither the table nor the RPC behind the function is open to a signed-in client."""
    client = stage.client()
    row = {"user_id": str(client.id), "waiver_text": shown}

    inserted = stage.rest("POST", "liability_waivers", as_=client, json=row)
    called = stage.rest(
        "POST", "rpc/create_liability_waiver", as_=client, json=row | {"ip_address": "1.2.3.4"}
    )
    signed = stage.invoke("create-liability-waiver", {"waiver_text": shown}, as_=client).json()["waiver_id"]
    changed = stage.rest("PATCH", f"liability_waivers?id=eq.{signed}", as_=client, json={"waiver_text": "no"})
    deleted = stage.rest("DELETE", f"liability_waivers?id=eq.{signed}", as_=client)

    assert [r.status_code for r in (inserted, called, changed, deleted)] == [403, 403, 403, 403]


@pytest.mark.parametrize("name", ["  ", "\u3164", "\u2800\u200d", "\u0301"])
def test_a_name_that_nobody_can_read_signs_nothing(stage: Stage, shown: str, name: str) -> None:
    """A blank of any kind is refused with its field; a name with joiners is kept as it is."""
    client = stage.client()
    body = {"waiver_text": shown, "signature_name": name}

    refused = stage.invoke("create-liability-waiver", body, as_=client)

    assert (422, "text_is_blank") == (refused.status_code, refused.json()["code"])
    assert "signature_name" in refused.json()["message"]
    assert 0 == stage.value("select count(*) from public.liability_waivers where user_id = %s", client.id)
    body["signature_name"] = "ශ්\u200dරී"
    stage.invoke("create-liability-waiver", body, as_=client).raise_for_status()
    assert body["signature_name"] == stage.value(
        "select signature_name from public.liability_waivers where user_id = %s", client.id
    )
