"""@supabase/lite is an alpha, and we mend it. These fail once it does a thing itself: then ours of it can go."""

import json
from collections.abc import Callable

import psycopg
import pytest

from local.config import ROOT
from local.stack import Stack
from sql.throwaway import server

SITE = "http://site.test"
# What is amiss in lite, and where we make it good.
MENDED = {
    "JSON twice": "`json` and `jsonb` in local/node/supabase.mjs",
    "grants": "`connection.rlsState` in local/node/supabase.mjs",
    "signing keys": "local/node/tokens.mjs",
    "dates": "local/node/dates.mjs",
    "mail links": "`Mailer` in local/node/supabase.mjs",
    "accounts deleted": "`deleteAccount` in local/node/supabase.mjs",
    "browsers let in": "OPTIONS in `_auth` of local/gateway.py",
    "second factors": "`auth.mfa_factors` in local/sql/supabase.sql",
    "who asks": "`auth.jwt`, `uid`, `role` and `email` in local/sql/supabase.sql",
    "ranges": "`hint` and `answer` in local/node/supabase.mjs, `getObject` in local/node/files.mjs",
    "resumable uploads": "local/node/uploads.mjs",
    "names in a folder": "`list` in local/node/supabase.mjs",
    "signed addresses": "`sign` in local/node/supabase.mjs",
    "many signed addresses": "`signOne` in local/node/supabase.mjs",
    "refused addresses": "`refusal` in local/node/supabase.mjs",
    "saved names": "`attachment` in local/node/supabase.mjs",
    "store of files": "local/node/files.mjs, if lite's own streams both ways",
}


@pytest.fixture(scope="module")
def alone(node: Callable[..., str]) -> dict[str, object]:
    """What is amiss in lite as it comes, on a database of its own."""
    with server() as throwaway:
        with psycopg.connect(throwaway.url("template1", "supabase_admin"), autocommit=True) as owner:
            for role in ("anon", "authenticated", "service_role bypassrls"):
                owner.execute(f"create role {role} nologin")
            owner.execute("create database lite")
        settings = {"EXPERIMENTAL_STORAGE": "1", "LITE_TELEMETRY": "0", "LITE_AUTH_BCRYPT_COST": "4"}
        url = throwaway.url("lite", "supabase_admin")
        found: dict[str, object] = json.loads(
            node("lite_probes.mjs", DATABASE_URL=url, SITE=SITE, **settings)
        )
        return found


@pytest.mark.parametrize("name", MENDED)
def test_lite_still_needs_what_we_mend(alone: dict[str, object], name: str) -> None:
    """Asked of lite alone, so that none of ours can hide what it has learnt."""
    assert alone[name] is True, f"lite does it itself now ({alone[name]}): delete {MENDED[name]}"


def test_what_is_probed_is_what_is_mended(alone: dict[str, object]) -> None:
    assert alone.keys() == MENDED.keys()


def test_what_we_mend_is_mended(stack: Stack, node: Callable[..., str]) -> None:
    """The same questions to the stack: none can be answered by `amiss` alone."""
    env = stack.env
    settings = {
        "STACK": env["SUPABASE_URL"],
        "SECRET_KEY": env["SUPABASE_SECRET_KEY"],
        "MAIL": env["MAIL_URL"],
    }

    found = json.loads(
        node("lite_probes.mjs", DATABASE_URL=env["DATABASE_URL"], SITE=env["SITE_URL"], **settings)
    )

    assert dict.fromkeys(MENDED.keys() - {"store of files"}, False) == found


def test_the_page_about_the_stack_tells_of_each() -> None:
    """By its name."""
    page = (ROOT / "docs" / "local-stack.md").read_text()

    assert [name for name in MENDED if f"| {name} |" not in page] == []
