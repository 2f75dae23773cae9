"""Verifying an account: by an admin, who names the account they saw, and never one's own."""

import pytest

from tests.banking_scene import VERIFY, BankingScene
from tests.cast import Stage


@pytest.fixture
def banking(stage: Stage) -> BankingScene:
    """A practitioner with an account that nobody has looked at."""
    banking = BankingScene(stage)
    assert banking.save().json()["success"]
    return banking


def test_an_admin_verifies_an_account_and_takes_it_back(banking: BankingScene) -> None:
    """The page shows it; until the account has cooled down, nothing is paid to it."""
    reply = banking.verify()

    row = banking.row()
    assert 200 == reply.status_code
    assert (True, True, "4567") == tuple(map(reply.json().get, ("success", "verified", "account_last4")))
    assert row["verified"] and row["verified_at"] and row["verified_by"] == str(banking.admin.id)
    assert row["cooling_until"] > row["verified_at"]

    assert banking.verify(verified=False).json()["verified"] is False
    assert (False, None) == (banking.row()["verified"], banking.row()["verified_at"])


def test_an_account_that_changed_meanwhile_is_not_verified(banking: BankingScene) -> None:
    """The admin looked at another one."""
    seen = banking.row()["changed_at"]
    banking.save(account_number="7654321")

    reply = banking.verify(changed_at=seen)

    assert (409, "banking_changed") == (reply.status_code, reply.json()["code"])
    assert not banking.row()["verified"]


def test_a_practitioner_cannot_verify_their_own_account(stage: Stage, banking: BankingScene) -> None:
    """Neither through the function, nor by a PATCH, an insert or an RPC."""
    mine = banking.practitioner
    body = {"practitioner_id": str(banking.practitioner_id), "changed_at": banking.row()["changed_at"]}
    refused = stage.invoke(VERIFY, body, as_=mine)
    patched = stage.rest(
        "PATCH",
        f"practitioner_banking?practitioner_id=eq.{banking.practitioner_id}",
        as_=mine,
        json={"verified": True},
    )
    saved = stage.rest("POST", "rpc/save_practitioner_banking", as_=mine, json={"user_id": str(mine.id)})

    assert (403, "admins_only") == (refused.status_code, refused.json()["code"])
    assert 403 == patched.status_code
    assert saved.status_code in (403, 404)
    assert not banking.row()["verified"]

    stage.execute("insert into public.user_roles (user_id, role) values (%s, 'admin')", mine.id)
    own = stage.invoke(VERIFY, body, as_=mine)
    assert (403, "own_account") == (own.status_code, own.json()["code"])


def test_a_missing_account_is_404(stage: Stage, banking: BankingScene) -> None:
    """And the account must be named as it was seen."""
    nobody = {
        "practitioner_id": str(stage.practitioner().practitioner_id),
        "changed_at": "2031-01-01T00:00:00Z",
    }

    assert 404 == stage.invoke(VERIFY, nobody, as_=banking.admin).status_code
    nobody.pop("changed_at")
    assert 422 == stage.invoke(VERIFY, nobody, as_=banking.admin).status_code
