"""Keys of the project, and what it answers whoever shows them."""

import json
import time

import jwt

from .planting import Env, Fault, Scene, keep


def later(scene: Scene) -> None:
    """This machine's clock is an hour ahead."""
    now = time.time
    scene.monkeypatch.setattr(time, "time", lambda: now() + 3600)


def allow_anonymous(scene: Scene) -> Env:
    return scene.behind_door(
        "/auth/v1/settings", keep(200, {"external": {"anonymous_users": True, "email": True}})
    )


def takes_legacy(scene: Scene) -> Env:
    env = scene.behind_door("/rest/v1/session_types", keep(200, []))
    return {**env, "SUPABASE_JWT_SECRET": "x" * 40}


def other_keys_published(scene: Scene) -> Env:
    """Auth signs with a key that it does not publish."""
    person = scene.stage.sign_up()
    key = json.loads(scene.stage.env["JWT_SIGNING_KEY"])
    published = {name: value for name, value in key.items() if name != "d"} | {"kid": "another"}
    env = scene.behind_door("/auth/v1/.well-known/jwks.json", keep(200, {"keys": [published]}))
    return {**env, "DOCTOR_EMAIL": person.email, "DOCTOR_PASSWORD": "a password of the stage"}


def token_of(role: str) -> str:
    return jwt.encode({"role": role, "exp": 4_000_000_000}, "x" * 40, "HS256")


def two_secret_keys(scene: Scene) -> Env:
    key = scene.stage.env["SUPABASE_SECRET_KEY"]
    return {**scene.stage.env, "SUPABASE_SECRET_KEY": f"{key},sb_secret_that_was_deleted"}


def secret_for_publishable(scene: Scene) -> Env:
    return {**scene.stage.env, "SUPABASE_PUBLISHABLE_KEY": scene.stage.env["SUPABASE_SECRET_KEY"]}


KEYS = (
    Fault(
        "the publishable key is wrong",
        "publishable key",
        "is refused",
        env={"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x"},
    ),
    Fault(
        "the publishable key is the secret one",
        "publishable key",
        "is a secret key",
        plant=secret_for_publishable,
    ),
    Fault(
        "the publishable key is a legacy one",
        "publishable key",
        "is a legacy key",
        env={"SUPABASE_PUBLISHABLE_KEY": token_of("anon")},
    ),
    Fault(
        "the secret key is wrong",
        "database",
        "SUPABASE_SECRET_KEY is refused",
        env={"SUPABASE_SECRET_KEY": "sb_secret_x"},
    ),
    Fault(
        "a secret key has ended",
        "database",
        "the second SUPABASE_SECRET_KEY is refused",
        plant=two_secret_keys,
    ),
    Fault(
        "the project is not there", "sign-in", "does not answer", env={"SUPABASE_URL": "http://127.0.0.1:9"}
    ),
    Fault(
        "old keys are pinned",
        "sign-in",
        "SUPABASE_JWKS has other keys",
        env={"SUPABASE_JWKS": '{"keys": []}'},
    ),
    Fault(
        "no key is published",
        "sign-in",
        "the key set is empty",
        plant=lambda scene: scene.behind_door("/auth/v1/.well-known/jwks.json", keep(200, {"keys": []})),
    ),
    Fault(
        "auth signs with another key",
        "sign-in",
        "signs with a key that it does not publish",
        plant=other_keys_published,
    ),
    Fault("anonymous sign-ins are on", "sign-in", "anonymous sign-ins are on", plant=allow_anonymous),
    Fault(
        "the legacy secret still signs",
        "sign-in",
        "still takes tokens of SUPABASE_JWT_SECRET",
        plant=takes_legacy,
    ),
    Fault(
        "the API shows what is private",
        "database",
        "the API shows the schema private",
        plant=lambda scene: scene.behind_door("/rest/v1/rate_limits", keep(200, [])),
    ),
    Fault("the clock is wrong", "publishable key", "the clock of", plant=later),
    Fault(
        "storage takes nothing",
        "storage",
        "nothing can be put into",
        plant=lambda scene: scene.behind_door("/storage/v1/object/session-recordings", keep(507, {}), "POST"),
    ),
    Fault(
        "storage deletes nothing",
        "storage",
        "cannot be deleted again",
        plant=lambda scene: scene.behind_door(
            "/storage/v1/object/session-recordings", keep(403, {}), "DELETE"
        ),
    ),
)
