"""What crosses the wire: inputs are checked strictly, outputs are promises that may grow."""

from pydantic import BaseModel, ConfigDict


class Input(BaseModel):
    """A request body of a function the existing frontend calls: unknown fields are ignored, as they always were."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=False)


class StrictInput(Input):
    """A request body of a function only new callers use: an unknown field is a typo, and is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """A reply, or a row from the database: SQL may add a column before Python reads it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
