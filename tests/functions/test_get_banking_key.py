"""The key that a browser seals bank numbers with: public, and the right half of it."""

from deploy.functions import functions
from shared.sealing import SealingKeys
from tests.cast import Stage


def test_the_reply_is_the_public_half_of_the_key(stage: Stage) -> None:
    """The same by either verb; nothing private in it; only for who is signed in."""
    person = stage.client()

    replies = [stage.invoke("get-banking-key", method=verb, as_=person) for verb in ("GET", "POST")]

    assert [200, 200] == [reply.status_code for reply in replies]
    assert replies[0].json() == replies[1].json()
    key = replies[0].json()["key"]
    assert [key["kid"]] == SealingKeys.of(stage.env["BANKING_SEALING_KEY"]).ids
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()
    assert 401 == stage.invoke("get-banking-key").status_code


def test_it_holds_nothing_that_opens() -> None:
    """No secret at all: whoever breaks into it learns what everybody may know."""
    assert () == functions()["get-banking-key"].secrets
