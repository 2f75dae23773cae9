"""What the page of the waiver takes, and what it shows."""

from datetime import datetime

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class SignWaiver(Input):
    """A link's token and, of a form, the name under the version that was shown."""

    token: str = Field("", max_length=200)
    version: int | None = Field(None, description="Of the waiver that was shown.")
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


REFUSALS = ("link_not_found", "link_ended", "waiver_policy_missing")
read_waiver_to_sign_rpc = Rpc("read_waiver_to_sign", gives=WaiverToSign, refuses=REFUSALS)
sign_waiver_rpc = Rpc(
    "sign_waiver",
    gives=WaiverToSign,
    refuses=(*REFUSALS, "account_gone", "signature_missing", "waiver_text_not_current", "session_not_found"),
)
