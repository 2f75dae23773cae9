"""The row of `action_recommendations`, as the functions that write one return it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from .wire import Output

ActionType = Literal["daily_practice", "mindfulness", "physical", "emotional", "other"]


class ActionRecommendation(Output):
    """A recommendation, as practitioner and client read it."""

    id: UUID
    session_id: UUID | None
    practitioner_id: UUID
    client_id: UUID
    title: str
    description: str | None
    action_type: ActionType
    frequency: str | None
    due_date: date | None
    completed: bool
    completed_at: datetime | None
    template_id: UUID | None = Field(
        description="What it was made from; null for words of the practitioner's own."
    )
    created_at: datetime
    updated_at: datetime
