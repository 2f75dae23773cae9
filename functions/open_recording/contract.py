"""What a recording's link carries, and where it leads."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output

FileKind = Literal["mp4", "playlist", "slice"]


class OpenRecording(Input):
    """The query of a link. People have the token only; pages and playlists made here add the rest."""

    token: str = Field("", max_length=200)
    part: int = Field(1, ge=1, le=10_000, description="Which of several parts, in playing order.")
    file: str | None = Field(None, max_length=500, description="A slice, by its name in the playlist.")
    view: UUID | None = Field(None, description="The view that this request belongs to.")


class OpenedRecording(Output):
    """A file of the recording, and the parts that a page shows."""

    view: UUID
    part_kinds: list[FileKind]
    kind: FileKind
    storage_path: str


view_recording_rpc = Rpc("view_recording", gives=OpenedRecording, refuses=("recording_not_found",))
