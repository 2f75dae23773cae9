"""What recommending an action takes and gives."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.database import Rpc
from shared.recommendations import ActionRecommendation, ActionType
from shared.wire import Output, StrictInput


class CreateActionRecommendation(StrictInput):
    """A practitioner recommends an action to a client of theirs, from a template or in their own words."""

    client_id: UUID
    title: str | None = Field(None, min_length=1, max_length=200)
    action_type: ActionType | None = None
    session_id: UUID | None = Field(
        None, description="A session with this client that the action follows from."
    )
    description: str | None = Field(None, max_length=4000)
    frequency: str | None = Field(None, max_length=100, description="Free text, such as 'daily'.")
    due_date: date | None = None
    template_id: UUID | None = Field(
        None, description="The platform's or one of their own. Fills in whatever is not given."
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.template_id is None and (self.title is None or self.action_type is None):
            raise ValueError("title and action_type are required without a template_id")
        return self


class Recommended(Output):
    """The reply."""

    success: bool = True
    recommendation: ActionRecommendation


create_action_recommendation_rpc = Rpc(
    "create_action_recommendation",
    gives=ActionRecommendation,
    refuses=(
        "not_a_practitioner",
        "template_not_found",
        "template_retired",
        "client_not_found",
        "session_not_found",
    ),
    remembers=True,
)
