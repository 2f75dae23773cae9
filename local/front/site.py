"""The sample page, docs/examples/booking, on an origin of its own: what a developer's server does for a frontend."""

import json
from collections.abc import Mapping

from aiohttp import web

from local.config import NODE, ROOT, Config

from .nowhere import nowhere

SAMPLE = ROOT / "docs" / "examples" / "booking"
SUPABASE_JS = NODE / "node_modules" / "@supabase" / "supabase-js" / "dist" / "umd" / "supabase.js"
FILES = {name: SAMPLE / name for name in ("booking.js", "booking.css")} | {"supabase.js": SUPABASE_JS}
# Where Stripe sends people back to, of the paths that the website has.
PAGES = ("/", "/dashboard", "/sessions")


def app(config: Config, env: Mapping[str, str]) -> web.Application:
    """Its files, and the two settings that a build of a frontend takes from its .env."""
    policy = "; ".join(
        [
            "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; img-src 'self' data:",
            f"connect-src 'self' {config.url()}",
        ]
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
    }

    async def page(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(SAMPLE / "index.html", headers=headers)

    async def file(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(FILES[request.match_info["name"]], headers=headers)

    async def settings(request: web.Request) -> web.Response:
        names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
        text = f"window.env = {json.dumps({name: env[name] for name in names})};\n"
        return web.Response(text=text, content_type="text/javascript", headers=headers)

    async def elsewhere(request: web.Request) -> web.Response:
        return nowhere(request, config, env["SITE_URL"])

    served = web.Application()
    for path in PAGES:
        served.router.add_get(path, page)
    served.router.add_get(f"/{{name:{'|'.join(FILES)}}}", file)
    served.router.add_get("/env.js", settings)
    served.router.add_get("/{path:.*}", elsewhere)
    return served
