"""What a token says of its holder: a second factor for money of others, and no writing without an account.

With tokens of our own making, as a hosted auth service makes them; @supabase/lite has neither factors nor anonymous
sign-ins.
"""

import json
from typing import Any

import pytest

from deploy.functions import functions
from tests.banking_scene import BankingScene
from tests.cast import Person, Stage
from tests.payout_scene import PayoutScene
from tests.privacy_scene import MarkedClient

from .test_gone_accounts import BODIES, READS, WITHOUT_BODY, Gone, named, refused, rows_of

SECOND_FACTOR = (403, "second_factor_needed")
NO_ACCOUNT = (403, "account_needed")


# A second factor


@pytest.fixture(scope="module")
def banking(stage: Stage) -> BankingScene:
    scene = BankingScene(stage)
    assert scene.save().json()["success"]
    stage.enroll(scene.admin)
    return scene


def money_of_others(scene: BankingScene) -> dict[str, Any]:
    """What an admin calls, each with a body that is good."""
    client = scene.stage.client()
    return {
        "verify-practitioner-banking": {
            "practitioner_id": str(scene.practitioner_id),
            "changed_at": scene.row()["changed_at"],
        },
        "list-payments": None,
        "refund-payment": {"checkout_id": str(client.id), "reason": "A reason"},
        "export-earnings-csv": {"practitioner_id": str(scene.practitioner_id)},
        "export-payout-file": {},
        "erase-my-account": {"user_id": str(client.id)},
    }


def test_an_admin_with_a_factor_shows_it(stage: Stage, banking: BankingScene) -> None:
    """Refused by name at aal1, and with a token that says nothing; done, or refused for something else, at aal2."""
    sure = stage.with_claims(banking.admin, aal="aal2")
    unsure = stage.with_claims(banking.admin, aal="aal1")
    for name, body in money_of_others(banking).items():
        for who in (unsure, banking.admin):
            reply = stage.invoke(name, body, as_=who)
            assert SECOND_FACTOR == (reply.status_code, reply.json()["code"]), (name, reply.text)
        reply = stage.invoke(name, body, as_=sure)
        assert "second_factor_needed" not in reply.text, name
        assert reply.status_code in (200, 404), (name, reply.text)


def test_who_has_no_factor_goes_on_as_before(stage: Stage) -> None:
    scene = PayoutScene(stage)
    for who in (scene.admin, stage.with_claims(scene.admin, aal="aal1")):
        stage.invoke("export-payout-file", {}, as_=who).raise_for_status()
        stage.invoke("list-payments", as_=who).raise_for_status()


def test_a_changed_bank_account_asks_for_the_factor(stage: Stage) -> None:
    """One's own: a stolen session does not move somebody's earnings."""
    scene = BankingScene(stage)
    stage.enroll(scene.practitioner)
    refusal = scene.save(as_=stage.with_claims(scene.practitioner, aal="aal1")).json()
    assert (False, "second_factor_needed") == (refusal["success"], refusal["code"])
    assert [] == stage.rest("GET", "practitioner_banking?select=id", as_=scene.practitioner).json()
    assert scene.save(as_=stage.with_claims(scene.practitioner, aal="aal2")).json()["success"]


def test_tables_of_money_say_so_in_words(stage: Stage, banking: BankingScene) -> None:
    """Through the Data API, whatever page reads them; an empty list would look like nothing to pay."""
    path = "practitioner_banking?select=id"
    unsure = stage.rest("GET", path, as_=stage.with_claims(banking.admin, aal="aal1"))
    sure = stage.rest("GET", path, as_=stage.with_claims(banking.admin, aal="aal2"))

    assert SECOND_FACTOR == (unsure.status_code, unsure.json()["details"])
    assert sure.raise_for_status().json()


# Anonymous sign-ins


@pytest.fixture(scope="module")
def somebody(stage: Stage) -> Gone:
    """A client with rows everywhere, and a practitioner of theirs; nobody is erased."""
    scene = MarkedClient(stage)
    scene.leave_traces()
    kept = "select id from public.liability_waivers where user_id = %s limit 1"
    names = {
        "$me": str(scene.client.id),
        "$host": str(scene.practitioner.practitioner_id),
        "$type": str(stage.value("select id from public.session_types where duration_minutes = 45 limit 1")),
        "$waiver": stage.value("select policy_text from public.waiver_policy where is_active"),
        "$waiver_id": str(stage.value(kept, scene.client.id)),
        "$session": str(scene.past["id"]),
        "$room": scene.past["room_name"],
        "$recording": str(scene.recording),
    }
    return Gone(scene, {}, names, {})


def anonymous(stage: Stage, person: Person) -> Person:
    return stage.with_claims(person, is_anonymous=True)


@pytest.mark.parametrize("name", sorted(BODIES.keys() | WITHOUT_BODY | {"erase-my-account"}))
def test_no_function_writes_for_an_anonymous_sign_in(stage: Stage, somebody: Gone, name: str) -> None:
    """Whoever it says it is; test_gone_accounts.py keeps the list of functions whole."""
    before = named(stage, somebody.person)

    reply = stage.invoke(name, somebody.body(name), as_=anonymous(stage, somebody.person))

    assert refused(reply) or (name in READS and reply.status_code in (200, 422)), reply.text
    assert before == named(stage, somebody.person)


@pytest.mark.parametrize(
    "name",
    [
        *("create-liability-waiver", "sign-practitioner-contract", "record-consent"),
        *("create-session-payment", "book-session-with-credit"),
    ],
)
def test_signing_buying_and_booking_ask_for_an_account(stage: Stage, somebody: Gone, name: str) -> None:
    reply = stage.invoke(name, somebody.body(name), as_=anonymous(stage, somebody.person))

    assert "account_needed" == reply.json()["code"], reply.text
    assert "Please create an account first." == reply.json()["error"]


def test_functions_with_the_secret_key_refuse_them_first(stage: Stage, somebody: Gone) -> None:
    """There the database sees no token of theirs."""
    held = [n for n, f in functions().items() if "user" in f.callers and "SUPABASE_SECRET_KEY" in f.secrets]
    assert len(held) > 5
    for name in held:
        reply = stage.invoke(name, somebody.body(name), as_=anonymous(stage, somebody.person))
        assert "account_needed" == reply.json().get("code"), (name, reply.text)


def test_no_table_takes_a_row_of_an_anonymous_sign_in(stage: Stage, somebody: Gone) -> None:
    """As the pages write them: a seat, a session, a waiver, whatever people may insert."""
    before = named(stage, somebody.person)
    tried = [
        each for each in rows_of(somebody, somebody.person) if each[0] != "profiles"
    ]  # auth inserts those
    replies = {
        table: stage.rest("POST", table, as_=anonymous(stage, somebody.person), json=row)
        for table, row in tried
    }

    assert len(tried) > 25
    assert {} == {
        table: reply.text
        for table, reply in replies.items()
        if NO_ACCOUNT != (reply.status_code, json.loads(reply.text).get("details"))
    }
    assert before == named(stage, somebody.person)


def test_an_anonymous_sign_in_looks_around(stage: Stage) -> None:
    """What is for sale, and who there is."""
    visitor = anonymous(stage, stage.client())
    assert stage.rest("GET", "session_types?select=id", as_=visitor).raise_for_status().json()
    stage.rest("GET", "practitioners?select=id", as_=visitor).raise_for_status()
