"""What the page about a refused payment is asked."""

from typing import Literal

from pydantic import Field

from shared.wire import Input


class ShowRefusedCheckout(Input):
    """Which reason, and which of the website's pages leads on."""

    code: str = Field("", max_length=100, description="The refusal's code.")
    back: Literal["sessions", "wallet"] = "sessions"
