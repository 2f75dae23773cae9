"""How the rules of a table are written down."""

from dataclasses import dataclass, field

from tests.sql.conftest import ROW

ANYBODY = "anon client other practitioner stranger admin service"
SIGNED_IN = "client other practitioner stranger admin service"
STAFF = "admin service"
PARTIES = "client practitioner admin service"


@dataclass(frozen=True)
class Rules:
    """The rules of one table."""

    read: str
    insert: str
    delete: str
    new: dict[str, object]
    changes: dict[str, str] = field(default_factory=dict)
    rest: str = "service"
    sets: str = ""
    values: dict[str, str] = field(
        default_factory=dict
    )  # a column's new value, where any other would be refused
    never: str = ""  # columns that not even the service gives on insert
    row: str = f"id = '{ROW}'"
    hidden: str = ""  # columns that no person reads
