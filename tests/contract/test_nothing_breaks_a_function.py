"""Schemathesis reads the API document and attacks every function with it, through the real stack: no 500, ever."""

import hmac
import json
import os
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from deploy import openapi
from deploy.functions import Function
from tests.cast import Person, Stage

load_all_checks()
PROMISES = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    ]
)
# For each method; the same ones every time, so that a failing run fails again. FUZZ_ATTEMPTS=300 sends 21,000 requests.
ATTEMPTS = int(os.environ.get("FUZZ_ATTEMPTS", "20"))


REPEATABLY = settings(
    max_examples=ATTEMPTS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[*HealthCheck],
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
RECORDING_FIELDS = ("cname", "uid", "sid", "sequence", "sendts", "serviceType", "details")
CHANNEL_FIELDS = ("channelName", "ts", "clientSeq", "duration", "platform", "clientType")
ENVELOPE = st.fixed_dictionaries(
    {},
    optional={
        "noticeId": ANYTHING,
        "productId": st.sampled_from([1, 3]) | ANYTHING,
        "eventType": st.sampled_from([1, 2, 3, 4, 30, 31, 32, 40, 41, 42, 43, 70, 101, 103, 107]) | ANYTHING,
        "notifyMs": st.integers() | ANYTHING,
        "payload": st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(RECORDING_FIELDS + CHANNEL_FIELDS, ANYTHING),
        )
        | ANYTHING,
    },
)

LONGEST_ADDRESS = 7000  # a longer one is refused by whatever server stands in front


@pytest.fixture(scope="session")
def document() -> Any:
    return schemathesis.openapi.from_dict(openapi.document())


@pytest.fixture(scope="session")
def attacker(stage: Stage) -> Person:
    """A practitioner with a session of their own, so that some requests are allowed."""
    practitioner = stage.practitioner()
    stage.session(client=stage.client(), practitioner=practitioner)
    return practitioner


@pytest.mark.usefixtures("unlimited")
def test_nothing_breaks_a_function(function: Function, document: Any, stage: Stage, attacker: Person) -> None:
    """Bodies that fit the document and bodies that do not: each answer is one that the document promises."""
    credentials = {"apikey": stage.env["SUPABASE_PUBLISHABLE_KEY"], **attacker.headers}
    if "user" not in function.callers:
        credentials = {"apikey": stage.env["SUPABASE_SECRET_KEY"]}
    with requests.Session() as session:
        session.trust_env = False  # or it looks for a proxy and for a password before each request
        for method in function.methods:
            operation = document[f"/{function.name}"][method]
            cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

            @REPEATABLY
            @given(case=st.one_of(cases))
            def attack(case: Any) -> None:
                assume(len(urlencode(case.query or {}, doseq=True)) < LONGEST_ADDRESS)
                case.call_and_validate(
                    base_url=f"{stage.env['FUNCTIONS_URL']}",
                    session=session,
                    headers=credentials,
                    checks=PROMISES,
                )

            attack()


@pytest.mark.parametrize(
    ("webhook", "key"),
    [
        ("agora-recording-webhook", "AGORA_WEBHOOK_SECRET"),
        ("agora-channel-webhook", "AGORA_CHANNEL_WEBHOOK_SECRET"),
    ],
)
def test_no_genuine_notification_breaks_the_webhook(stage: Stage, webhook: str, key: str) -> None:
    """Whatever Agora signs is answered with 200: anything else it would send again, and then be silent for good."""

    @REPEATABLY
    @given(notification=ENVELOPE | ANYTHING)
    def receive(notification: Any) -> None:
        body = json.dumps(notification).encode()
        secret = stage.env[key].split(",")[0].encode()
        signed = {
            "agora-signature-v2": hmac.digest(secret, body, "sha256").hex(),
            "content-type": "application/json",
        }

        reply = stage.invoke(webhook, content=body, headers=signed)

        assert (200, {"success": True}) == (reply.status_code, reply.json())

    receive()
