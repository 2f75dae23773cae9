"""What completing an action takes and gives."""

from uuid import UUID

from pydantic import AliasChoices, Field

from shared.database import Rpc
from shared.recommendations import ActionRecommendation
from shared.wire import Output, StrictInput


class UpdateActionStatus(StrictInput):
    """The client says whether a recommended action is done."""

    action_id: UUID = Field(validation_alias=AliasChoices("action_id", "recommendation_id"))
    completed: bool


class Updated(Output):
    """The reply."""

    success: bool = True
    recommendation: ActionRecommendation


update_action_status_rpc = Rpc(
    "update_action_status", gives=ActionRecommendation, refuses=("recommendation_not_found",), remembers=True
)
