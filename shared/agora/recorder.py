"""A recorder: the values Agora needs, all of them, on every call about one recording."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["mix", "individual"]

# What is sent for a mode, in the path and in `recordingConfig`. Agora's newest reference names the modes `raw`, `mix`
# and `web`, and calls `individual` legacy; `raw` has no `streamMode`. If a real account takes it, it changes here.
MODES_SENT: Mapping[Mode, str] = {"mix": "mix", "individual": "individual"}
# `standard` also writes an index with sound and picture together.
INDIVIDUAL_CONFIG: Mapping[str, Any] = {"streamMode": "standard"}


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

    @property
    def mode_sent(self) -> str:
        """The mode in Agora's words."""
        return MODES_SENT[self.mode]


def agora_mode(recording_mode: str) -> Mode:
    """The mode that our recording mode stands for: a composite recording is a `mix`."""
    return {"composite": "mix", "individual": "individual"}[recording_mode]  # type: ignore[return-value]
