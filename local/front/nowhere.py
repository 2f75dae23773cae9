"""Where a browser ends that asks for a page of the website: mails and Stripe lead there, and it runs elsewhere."""

from aiohttp import web

from local.config import Config, Port

from .look import show, wants_page


def nowhere(request: web.Request, config: Config, site: str) -> web.Response:
    """Says which address it was, who would answer it, and how to say where that is. Programs get a plain 404."""
    if not wants_page(request):
        raise web.HTTPNotFound
    return show(
        "nowhere.html",
        status=404,
        home=config.url(),
        at=f"{request.scheme}://{request.host}{request.path_qs}",
        site=site,
        sample=config.url(Port.SAMPLE),
    )
