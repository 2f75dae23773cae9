"""What the page takes that sends somebody's links again."""

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output


class FindMySessions(Input):
    """The address that somebody typed."""

    address: str | None = Field(None, max_length=320)


class Asked(Output):
    """Whether the address was written down; null where it was asked too often."""

    success: bool | None


request_session_links_rpc = Rpc(
    "request_session_links", gives=Asked, refuses=("address_not_possible", "too_many_requests")
)
