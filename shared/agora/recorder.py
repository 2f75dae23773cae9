"""A recorder: the values Agora needs, all of them, on every call about one recording."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["mix", "individual"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """One recorder in one channel. Store all five together: a stop with another mode or uid finds nothing.

    The uid is nobody else's in the channel, or one of the two is thrown out.
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
