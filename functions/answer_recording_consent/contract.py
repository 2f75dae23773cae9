"""What the page about recording takes, and what it shows."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.database import Rpc
from shared.legal_texts import LegalText, in_readers_language
from shared.wire import Input, Output


class AnswerRecordingConsent(Input):
    """A link's token and, of a form, the answer to the text that was shown."""

    token: str = Field("", max_length=200)
    consented: bool | None = Field(None, description="The answer, of a form.")
    text_sha256: str | None = Field(None, max_length=64, description="Of the text that was shown.")


class RecordingConsent(Output):
    """The text of today, and what somebody last answered."""

    body: str
    text_sha256: str
    answer: Literal["given", "declined", "unanswered"]
    answered_at: datetime | None
    time_zone: str
    texts: list[LegalText] = Field([], description="In all its languages.")

    @property
    def shown(self) -> LegalText:
        """In the reader's language."""
        return in_readers_language(
            self.texts or [LegalText(language="en", body=self.body, sha256=self.text_sha256)]
        )


read_recording_consent_rpc = Rpc(
    "read_recording_consent", gives=RecordingConsent, refuses=("link_not_found", "link_ended")
)
answer_recording_consent_rpc = Rpc(
    "answer_recording_consent",
    gives=RecordingConsent,
    refuses=("link_not_found", "link_ended", "consent_text_not_current", "too_many_requests"),
)
