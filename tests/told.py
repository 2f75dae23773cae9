"""What a worker makes of events: whoever looks at it in a test looks after the worker's next run."""

import re
from typing import Any

import psycopg

TOLD = re.compile(r"\bprivate\.mails\b|\bpublic\.(user_notifications|webhook_deliveries)\b")
ADDRESS = "select private.address_waiting_events() as tried"


class Owner(psycopg.Connection[dict[str, Any]]):
    """The database's owner. Whoever wants to see what no worker has seen yet asks in bytes."""

    def execute(self, query: Any, *values: Any, **more: Any) -> Any:
        if isinstance(query, str) and TOLD.search(query):
            self.address_events()
        return super().execute(query, *values, **more)

    def address_events(self) -> None:
        """The worker's next run, or several."""
        while (row := super().execute(ADDRESS).fetchone()) and row["tried"]:
            pass
