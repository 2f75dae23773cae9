"""Give the caller everything that is known of them, as one zip that is made while it is sent."""

from datetime import UTC, datetime

from starlette.responses import Response, StreamingResponse

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .archive import archive
from .contract import export_my_data_rpc


@endpoint(caller="user", methods=("POST", "GET"), settings=(ServiceSettings,))
async def export_my_data(call: Call[None]) -> Response:
    """The audit log tells of it. Rows are as of one moment; files follow, one after the other."""
    parts = await call.service.rows(
        export_my_data_rpc, user_id=call.user.id, ip_address=call.address, user_agent=call.agent
    )
    call.log(parts=len(parts))
    now = datetime.now(UTC)
    # Iterated in a thread, as what makes the archive blocks.
    return StreamingResponse(
        archive(parts, f"{now:%Y-%m-%d %H:%M} UTC"),
        media_type="application/zip",
        headers={
            "content-disposition": f'attachment; filename="my-data-{now:%Y-%m-%d}.zip"',
            "cache-control": "no-store",
        },
    )
