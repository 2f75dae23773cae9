"""Recordings that are shared, and signatures that are looked at."""

from collections.abc import Iterator

from tests.cast import Stage
from tests.contract_scene import ContractScene
from tests.sharing_scene import SharingScene

from .visit import Scenes, Visit


def recordings(stage: Stage) -> Iterator[Visit]:
    """Shared: the player, its parts, and the door."""
    scene = SharingScene(stage)
    player, door = scene.link().url, scene.link(password="a password").url
    yield Visit("open_recording", "player", player, runs_script=True)
    yield Visit("open_recording", "door", door, presses=True)
    stage.execute(
        "insert into private.recording_files"
        " (take_id, position, kind, source_key, source_etag, size_bytes, storage_path)"
        " select f.take_id, 2, f.kind, 'k2', f.source_etag, f.size_bytes, f.storage_path || '.2'"
        " from private.recording_files f join private.recording_takes t on t.id = f.take_id where t.recording_id = %s",
        scene.id,
    )
    yield Visit("open_recording", "two parts", scene.link().url, runs_script=True)


def signatures(stage: Stage) -> Iterator[Visit]:
    """One that holds, one that does not, one that nobody gave, and the form."""
    for name, revokes in (("valid", False), ("revoked", True)):
        scene = ContractScene(stage)
        contract = scene.offer()
        evidence = scene.sign(contract).json()["evidence_sha256"]
        if revokes:
            scene.revoke(contract).raise_for_status()
        address = f"{stage.env['PAGES_URL']}/verify-signature"
        yield Visit("verify_signature", name, f"{address}?sha256={evidence}")
    yield Visit("verify_signature", "unknown fingerprint", f"{address}?sha256={'0' * 64}")
    yield Visit("verify_signature", "form", address, presses=True)


SCENES: Scenes = {
    "open_recording": recordings,
    "verify_signature": signatures,
}
