"""What the page of the waiver takes, and what it shows."""

from datetime import datetime

from pydantic import Field

from shared.database import Rpc
from shared.legal_texts import LegalText, in_readers_language
from shared.wire import Input, Output


class SignWaiver(Input):
    """A link's token and, of a form, the name under the version that was shown."""

    token: str = Field("", max_length=200)
    version: int | None = Field(None, description="Of the waiver that was shown.")
    text_sha256: str | None = Field(None, max_length=64, description="Of the language in which it was shown.")
    signature_name: str | None = Field(None, max_length=200)


class WaiverToSign(Output):
    """The current waiver, for whom, and their signature if there is one."""

    version: int | None
    body: str | None
    signed_at: datetime | None
    signature_name: str | None
    signer_name: str | None
    time_zone: str | None
    is_required_to_enter: bool | None
    language: str | None = Field("en", description="Of the body.")
    texts: list[LegalText] | None = Field(None, description="In all its languages, until it is signed.")

    @property
    def shown(self) -> LegalText:
        """In the reader's language; as it was shown, once it is signed."""
        if self.texts:
            return in_readers_language(self.texts)
        return LegalText(language=self.language or "en", body=self.body or "", sha256="")


REFUSALS = ("link_not_found", "link_ended", "waiver_policy_missing")
read_waiver_to_sign_rpc = Rpc("read_waiver_to_sign", gives=WaiverToSign, refuses=REFUSALS)
sign_waiver_rpc = Rpc(
    "sign_waiver",
    gives=WaiverToSign,
    refuses=(*REFUSALS, "account_gone", "signature_missing", "waiver_text_not_current", "session_not_found"),
)
