"""Give the caller everything that is known of them, as one zip that is made while it is sent."""

from datetime import UTC, datetime

from shared.call import Call
from shared.downloads import StreamedDownload
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .archive import archive
from .contract import export_my_data_rpc


@endpoint(caller="user", methods=("POST", "GET"), settings=(ServiceSettings,))
async def export_my_data(call: Call[None]) -> StreamedDownload:
    """The audit log tells of it. Rows are as of one moment; files follow, one after the other."""
    parts = await call.service.rows(
        export_my_data_rpc, user_id=call.user.id, ip_address=call.address, user_agent=call.agent
    )
    call.log(parts=len(parts))
    now = datetime.now(UTC)
    # Iterated in a thread, as what makes the archive blocks.
    return StreamedDownload(f"my-data-{now:%Y-%m-%d}.zip", archive(parts, f"{now:%Y-%m-%d %H:%M} UTC"))
