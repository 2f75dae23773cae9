"""What a recording's link carries, and where it leads."""

from typing import Literal

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output

FileKind = Literal["mp4", "playlist", "slice"]


class OpenRecording(Input):
    """A link has one token: one's own, or one that was shared. Pages and playlists made here add which file.

    Which view a request belongs to is in no field: its key is a cookie, which an address does not take along.
    """

    token: str = Field("", max_length=200, description="Of somebody's own link.")
    share: str = Field("", max_length=200, description="Of a link that was shared.")
    password: str | None = Field(
        None, max_length=200, description="Of a shared link; heeded in a POST only, which opens it."
    )
    part: int = Field(1, ge=1, le=10_000, description="Which of several parts, in playing order.")
    file: str | None = Field(None, max_length=500, description="A slice, by its name in the playlist.")


class OpenedRecording(Output):
    """A file of the recording, and the parts that a page shows."""

    new_view_key: str | None
    part_kinds: list[FileKind]
    kind: FileKind
    storage_path: str


class SharedRecording(Output):
    """A shared link: open, with what an open one shows; or not yet."""

    state: Literal["open", "closed", "wrong_password"]
    has_password: bool
    new_view_key: str | None
    part_kinds: list[FileKind] | None
    kind: FileKind | None
    storage_path: str | None


class CountedGuess(Output):
    """The password may be compared."""

    counted: bool


view_recording_rpc = Rpc(
    "view_recording", gives=OpenedRecording, refuses=("recording_not_found", "too_many_requests")
)
count_password_guess_rpc = Rpc(
    "count_password_guess", gives=CountedGuess, refuses=("recording_not_found", "too_many_requests")
)
open_share_link_rpc = Rpc(
    "open_share_link",
    gives=SharedRecording,
    refuses=(
        "recording_not_found",
        "share_link_expired",
        "share_link_used_up",
        "too_many_requests",
    ),
)
