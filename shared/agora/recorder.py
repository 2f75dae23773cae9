"""A recorder: the values Agora needs, all of them, on every call about one recording."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["mix", "individual"]

FIRST_RECORDER_UID = (
    4_000_000_000  # people's uids end below, so a recorder never pushes one out of the channel
)
LARGEST_UID = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """One recorder in one channel. Store all five together: a stop with another mode or uid finds nothing.

    `resource_id` is empty before acquire, `sid` before start.
    """

    channel: str
    uid: int
    mode: Mode
    resource_id: str = ""
    sid: str = ""


def agora_mode(recording_mode: str) -> Mode:
    """Agora's word for our recording mode: a composite recording is a `mix`."""
    return {"composite": "mix", "individual": "individual"}[recording_mode]  # type: ignore[return-value]
