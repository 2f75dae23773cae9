"""What a mailed link is about."""

from typing import Literal

from shared.database import Rpc
from shared.wire import Output

Category = Literal["session_reminders", "follow_ups"]


class Choice(Output):
    """A kind of mail, and whether it is switched off now."""

    category: Category
    is_opted_out: bool


unsubscribe_rpc = Rpc("unsubscribe", gives=Choice, refuses=("link_not_found", "too_many_requests"))
