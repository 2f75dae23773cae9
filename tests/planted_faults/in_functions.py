"""Functions and pages: whether they are there, what they were given, what they need beside them."""

from collections.abc import Callable

import httpx
from werkzeug import Response

from .planting import Env, Fault, Scene, keep


def as_text(reply: httpx.Response) -> Response:
    """As a hosted project's gateway shows HTML."""
    return Response(reply.content, reply.status_code, content_type="text/plain")


def given(function: str, **env: str) -> Callable[[Scene], Env]:
    return lambda scene: scene.given(function, **env)


WAIVER = "create-liability-waiver"
GIVEN = "what they were given"
DEPLOYED = (
    Fault(
        "a setting is missing",
        "settings",
        "AGORA_APP_ID is not set",
        ("create-agora-token",),
        env={"AGORA_APP_ID": ""},
    ),
    Fault(
        "a setting is malformed",
        "settings",
        "BANKING_KEYS must be a JSON object",
        ("encrypt-banking-data",),
        env={"BANKING_KEYS": "x"},
    ),
    Fault(
        "ffmpeg is missing",
        "ffmpeg",
        "/nowhere is not here",
        ("process-recording",),
        env={"FFMPEG_PATH": "/nowhere"},
    ),
    Fault(
        "a function is not deployed",
        "functions",
        "is it deployed?",
        plant=lambda scene: scene.behind_door("/functions/v1/create-liability-waiver", keep(404, {})),
    ),
    Fault(
        "a function was given another certificate",
        GIVEN,
        "were given another AGORA_APP_CERTIFICATE",
        ("create-agora-token",),
        plant=given("create-agora-token", AGORA_APP_CERTIFICATE="another"),
    ),
    Fault(
        "a function was not given a setting",
        GIVEN,
        "were not given SUPABASE_JWKS",
        plant=lambda scene: {**scene.stage.env, "SUPABASE_JWKS": '{"keys": []}'},
    ),
    Fault(
        "a function has what it should not have",
        GIVEN,
        "STRIPE_SECRET_KEY, which deploy.yaml does not grant",
        plant=given(WAIVER, STRIPE_SECRET_KEY="sk_test_x"),
    ),
    Fault(
        "a function trusts too many proxies",
        GIVEN,
        "set TRUSTED_PROXIES to 0",
        plant=given(WAIVER, TRUSTED_PROXIES="3"),
    ),
    Fault(
        "a function is of another project",
        GIVEN,
        "cannot say what they were given",
        plant=given(WAIVER, SUPABASE_URL="http://127.0.0.1:9"),
    ),
    Fault(
        "the website is not there",
        "pages",
        "SITE_URL: http://127.0.0.1:9 does not answer",
        ("manage-session",),
        env={"SITE_URL": "http://127.0.0.1:9"},
    ),
    Fault(
        "the pages are not there",
        "pages",
        "nobody can open a link of a mail",
        ("manage-session",),
        plant=lambda scene: {**scene.stage.env, "PAGES_URL": f"{scene.stage.env['SUPABASE_URL']}/nowhere"},
    ),
    Fault(
        "the pages are shown as text",
        "pages",
        "is shown as text/plain",
        ("manage-session",),
        plant=lambda scene: scene.behind_door("/verify-signature", as_text),
    ),
)
