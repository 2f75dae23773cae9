"""What checking the invariants gives."""

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output


class BrokenRule(Output):
    """A rule that does not hold."""

    rule: str
    broken: int = Field(description="How often.")
    examples: list[str] = Field(description="Where; at most five of them.")


class Finding(BrokenRule):
    """A rule that does not hold, or something that waits for a person."""

    waits: bool


class Pieces(Output):
    """Some rows that were looked at."""

    begins: bool = Field(description="They are the first of a round.")
    is_complete: bool = Field(description="They are its last.")


class Checked(Output):
    """The reply if every rule holds; else it is a refusal, with the rules as its details."""

    holds: bool
    is_complete: bool = Field(
        description="A round came to its end in this call; else the next one goes on with it."
    )
    broken: list[BrokenRule]
    waiting: list[BrokenRule] = Field(
        description="What nobody has settled yet: `list_matters` has each of it."
    )


advance_invariant_round_rpc = Rpc("advance_invariant_round", gives=Pieces)
check_invariants_rpc = Rpc("check_invariants", gives=Finding)
