"""The least that functions-framework can serve: what any Python function pays before its own first line."""

from starlette.requests import Request
from starlette.responses import JSONResponse


async def bare(request: Request) -> JSONResponse:
    """Answer."""
    return JSONResponse({"ok": True})
