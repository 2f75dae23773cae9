"""What a browser seals by itself, with no library of ours, is opened: another implementation of the same standard."""

import json
import subprocess

from local.config import NODE
from local.node import NODE_BINARY, environment
from tests.banking_scene import BankingScene
from tests.cast import Stage


def test_numbers_that_the_browser_encrypted_are_saved(stage: Stage) -> None:
    """Nothing that is sent has them in the clear."""
    banking = BankingScene(stage)
    numbers = {"account_number": "7305214", "routing_number": "20481-004"}
    scene = {
        "practitioner_id": str(banking.practitioner_id),
        "token": banking.practitioner.token,
        "numbers": numbers,
    }
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")

    played = subprocess.run(
        [str(NODE_BINARY), "tests/supabase_js/sealing.mjs"],
        env=environment(
            NODE_FOLDER=f"{NODE}/", SCENE=json.dumps(scene), **{name: stage.env[name] for name in names}
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert played.returncode == 0, played.stdout + played.stderr
    facts = {line["fact"]: line["value"] for line in map(json.loads, played.stdout.splitlines())}
    assert not {*numbers, *numbers.values()} & {*facts["sent"], *facts["sent"].values()}
    assert (facts["saved"]["error"], facts["saved"]["data"]["success"]) == (None, True)
    assert ("7305214", "000420481") == banking.kept()
