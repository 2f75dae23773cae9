"""Video and recordings: tokens, commands, links that are shared."""

from collections.abc import Iterator

import httpx

from tests.cast import Stage
from tests.sharing_scene import Browser, SharingScene

from .use import Use, of_address, of_caller


def use_create_agora_token(stage: Stage) -> Iterator[Use]:
    """A test channel is anybody's, and its minutes are paid for as well."""
    who = stage.client()
    body = {"channelName": f"test-{str(who.id)[:8]}-1795352388836", "role": "publisher"}
    yield of_caller(stage, "create-agora-token", "video tokens", who, body)


def use_start_agora_recording(stage: Stage) -> Iterator[Use]:
    scene = SharingScene(stage, status="recording", completed_at=None, ended_at=None)
    yield of_caller(
        stage,
        "start-agora-recording",
        "recording commands",
        scene.practitioner,
        {"session_id": str(scene.session["id"])},
    )


def use_stop_agora_recording(stage: Stage) -> Iterator[Use]:
    scene = SharingScene(stage)
    body = {"recording_id": str(scene.id)}
    yield of_caller(stage, "stop-agora-recording", "recording commands", scene.practitioner, body)


def use_create_recording_share_link(stage: Stage) -> Iterator[Use]:
    scene = SharingScene(stage)
    yield Use("share links", scene.client.id, lambda _: scene.share())
    scene = SharingScene(stage)
    yield Use("share links of a recording", scene.id, lambda _: scene.share())


def use_open_recording(stage: Stage) -> Iterator[Use]:
    """A link that nobody was given, a password that is not the right one, and a link that is opened too often."""
    address = SharingScene(stage).link().url.partition("?")[0]
    for kind in ("token", "share"):
        yield of_address("unknown links", lambda n, kind=kind: httpx.get(f"{address}?{kind}=x{n}"), 404)  # type: ignore[misc]
    link = SharingScene(stage).link(password="correct horse")
    yield Use("password guesses", link.id, lambda n: link.open(f"guess {n}"), 403)
    shared = SharingScene(stage).link()
    yield Use("views of a link", shared.id, lambda _: shared.get())
    watched, browser = SharingScene(stage).link(), Browser()
    browser.get(watched.url)
    (view,) = watched.views
    yield Use("requests of a view", str(view["id"]), lambda _: browser.get(watched.url))
