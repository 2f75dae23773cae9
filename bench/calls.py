"""Calls to the database: every function is called through the stack, and its log says how often it asked.

One is the target; two where the world outside is asked in between. Who works off a list, as the reconciler does and the
copier of a recording, asks once more for each thing on it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.functions import functions
from deploy.imports import packages
from tests.cast import Stage
from tests.recording_scene import Agora, Scene


@dataclass(frozen=True)
class Asked:
    """A function's calls to the database, a number for each request it granted, and how many there should be."""

    calls: list[int]
    target: int


def measure(stage: Stage, agora: Agora, logs: Path) -> dict[str, Asked]:
    """Every function's calls. Who goes outside asks before and after: those ship the client for it."""
    _tell_a_story(Scene(stage, agora))
    return {
        name: Asked(list(_granted(logs / f"{name}.log")), 2 if "httpx" in packages(function) else 1)
        for name, function in functions().items()
    }


def _tell_a_story(scene: Scene) -> None:
    """One session from waiver to recommendation, each function at least once."""
    stage, client, practitioner = scene.stage, scene.client, scene.practitioner
    text = stage.value("select policy_text from public.waiver_policy where is_active")
    stage.invoke("create-liability-waiver", {"waiver_text": text}, as_=client).raise_for_status()
    stage.invoke("get-liability-waiver-status", {}, as_=client).raise_for_status()
    for function in ("create-agora-room", "create-agora-token"):
        stage.invoke(function, {"channelName": scene.channel}, as_=client).raise_for_status()
    scene.record()
    status = {"session_id": str(scene.session["id"])}
    stage.invoke("get-recording-status", status, as_=client).raise_for_status()
    scene.reconcile()
    scene.process()
    link = urlsplit(scene.recording["recording_url"])
    stage.http.get(f"{link.path}?{link.query}")
    action = {"client_id": str(client.id), "title": "Breathe", "action_type": "mindfulness"}
    made = stage.invoke("create-action-recommendation", action, as_=practitioner).raise_for_status().json()
    done = {"action_id": made["recommendation"]["id"], "completed": True}
    stage.invoke("update-action-status", done, as_=client).raise_for_status()


def _granted(log: Path) -> Iterator[int]:
    for line in log.read_text().splitlines() if log.exists() else ():
        if line.startswith("{") and (said := json.loads(line)).get("status", 500) < 400:
            yield said["database_calls"]
