"""A function's environment, as far as `shared/` reads it: settings, and one real server that plays the project."""

from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer

from shared import tokens
from shared.settings import Settings

PUBLISHABLE_KEY = "sb_publishable_made-up"
SECRET_KEY = "sb_secret_made-up"
Environment = Callable[..., None]
JWT_SECRET = "a made-up legacy secret, long enough for every HMAC that there is: 64 bytes"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Sets variables, and forgets whatever was read before."""

    def set_variables(**variables: str | None) -> None:
        monkeypatch.setattr(Settings, "_read", {})
        monkeypatch.setattr(tokens, "_key_set", tokens._KeySet())
        monkeypatch.setattr(tokens, "_verified", {})
        for name, value in variables.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    for name in ("SUPABASE_JWKS", "SUPABASE_REST_URL", "SUPABASE_SECRET_KEY", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    return set_variables


@pytest.fixture
def project(httpserver: HTTPServer, environment: Environment) -> HTTPServer:
    """The Supabase project of this process: whatever a test does not foresee is answered with 500."""
    environment(
        SUPABASE_URL=httpserver.url_for("").rstrip("/"),
        SUPABASE_PUBLISHABLE_KEY=PUBLISHABLE_KEY,
        SUPABASE_JWT_SECRET=JWT_SECRET,
    )
    return httpserver
