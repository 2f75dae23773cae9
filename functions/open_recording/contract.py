"""What a recording's link carries, and where it leads."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output

FileKind = Literal["mp4", "playlist", "slice", "webm"]


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
    file: str | None = Field(
        None,
        max_length=500,
        description="A slice, by its name in the playlist; or `joined`: all of it in one.",
    )
    download: bool = Field(False, description="To be saved, under a name.")
    script: str = Field(
        "", max_length=100, description="What the page runs, by its name there; no link is needed."
    )


class Part(Output):
    """A file on the timeline of its lane: one for everybody, or one for each person that was recorded alone."""

    kind: FileKind
    lane: str
    starts_at: float
    seconds: float


class Chapter(Output):
    """A take begins, or somebody comes or leaves; nameless where a link may not say who."""

    at: float
    kind: Literal["begins", "goes_on", "joined", "left"]
    who: str | None


class Film(Output):
    """What the page shows beside the video. `client_name` is null for whoever was shown a link, `joined_bytes` where
    there is no one file to download, yet or at all."""

    name: str | None
    held_at: datetime
    time_zone: str
    practitioner_name: str | None
    client_name: str | None
    is_class: bool
    seconds: float
    parts: list[Part]
    chapters: list[Chapter]
    joined_bytes: int | None


class OpenedRecording(Output):
    """A file of the recording; for a page, the film as well."""

    new_view_key: str | None
    kind: FileKind
    storage_path: str
    film: Film | None


class SharedRecording(Output):
    """A shared link: open, with what an open one shows; or not yet."""

    state: Literal["open", "closed", "wrong_password"]
    has_password: bool
    new_view_key: str | None
    kind: FileKind | None
    storage_path: str | None
    film: Film | None


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
