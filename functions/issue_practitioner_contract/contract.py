"""What issuing contracts takes and gives."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class IssuePractitionerContract(StrictInput):
    """Which version goes to whom, and until when it holds."""

    practitioner_id: UUID | None = Field(None, description="By default all who are available.")
    template_version: Annotated[int, Field(ge=1, le=2_147_483_647)] | None = Field(
        None, description="By default the newest."
    )
    expires_at: AwareDatetime | None = Field(None, description="By default it has no end.")


class IssuedContracts(Output):
    """What was new. Whoever had this version already keeps what they have, and is not notified again."""

    template_id: UUID
    contract_version: str
    issued: list[UUID] = Field(description="The contracts made now; each practitioner is notified of theirs.")
    already_issued: int
    replaced: int = Field(description="Offers of other versions that nobody had signed, withdrawn.")


class Issued(IssuedContracts):
    """The reply."""

    success: bool = True


issue_practitioner_contract_rpc = Rpc(
    "issue_practitioner_contract",
    gives=IssuedContracts,
    refuses=("admins_only", "template_not_found", "practitioner_not_found", "expires_in_past"),
    remembers=True,
)
