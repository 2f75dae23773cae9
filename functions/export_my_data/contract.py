"""What the database gives for an export."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from shared.database import Rpc
from shared.wire import Output


def _bytes(written: Any) -> Any:
    """PostgREST writes bytes as PostgreSQL does: \\x, then hexadecimal."""
    return bytes.fromhex(written[2:]) if isinstance(written, str) else written


class Part(Output):
    """A table's rows, a small file, or where a large one is stored."""

    name: str
    rows: list[dict[str, Any]] | None
    content: Annotated[bytes | None, BeforeValidator(_bytes)]
    storage_path: str | None


export_my_data_rpc = Rpc("export_my_data", gives=Part, refuses=("too_many_requests",), seconds=60)
