"""One origin for auth, rest, storage and functions, as the hosted gateway is.

It knows keys and addresses and nothing else. An opaque key becomes the token of its role, bodies stream through in
both directions, and whoever calls is named in `x-forwarded-for`, whatever they claim.
"""

from collections.abc import Awaitable, Callable

import aiohttp
import jwt
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from . import cors
from .config import Config, Port
from .front.look import wants_page
from .front.routes import Front
from .functions_runner import FunctionFailed, FunctionsRunner
from .postgrest import published_key

# These belong to one connection, and a proxy is on two.
HOP_BY_HOP = frozenset(
    [
        *("connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    ]
)
# Addresses of auth that a browser is sent to without any header.
OPEN_PATHS = ("/auth/v1/verify", "/auth/v1/callback", "/auth/v1/authorize", "/auth/v1/.well-known/")
# What a browser would run scripts of.
ACTIVE = frozenset(
    ["text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/xsl"]
)


class Gateway:
    """The proxy in front of everything."""

    def __init__(
        self,
        config: Config,
        client: aiohttp.ClientSession,
        functions: FunctionsRunner,
        silent: Callable[[], Awaitable[list[str]]],
        front: Front,
        functions_at: str | None = None,
    ) -> None:
        self._config = config
        self._client = client
        self._functions = functions
        self._silent = silent
        self._front = front
        self._functions_at = functions_at  # somewhere else, as in a rehearsal
        self._roles = {
            config.secrets["SUPABASE_PUBLISHABLE_KEY"]: f"Bearer {config.role_token('anon')}",
            config.secrets["SUPABASE_SECRET_KEY"]: f"Bearer {config.role_token('service_role')}",
        }
        self.app = web.Application()
        self.app.router.add_get("/", self._describe)
        self.app.router.add_get("/auth/v1/.well-known/jwks.json", self._jwks)
        self.app.router.add_route("*", "/rest/v1{path:(/.*)?}", self._rest)
        self.app.router.add_route("*", "/auth/v1/{path:.*}", self._auth)
        self.app.router.add_route("*", "/storage/v1/{path:.*}", self._storage)
        self.app.router.add_route("*", "/functions/v1/{name}{path:(/.*)?}", self._function)
        front.add_to(self.app.router)
        self.app.router.add_route("*", "/{name:[a-z-]+}", self._page)
        self.app.router.add_route("*", "/{path:.*}", self._nowhere)

    async def _describe(self, request: web.Request) -> web.Response:
        if wants_page(request):
            return await self._front.front_page(request)
        silent = await self._silent()
        where = {"supabase": self._config.url(), "mail": self._config.url(Port.MAIL)}
        return web.json_response({**where, "silent": silent}, status=503 if silent else 200)

    async def _jwks(self, request: web.Request) -> web.Response:
        headers = {**cors.HEADERS, "Cache-Control": "public, max-age=600"}
        return web.json_response({"keys": [published_key(self._config)]}, headers=headers)

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused(request):
            return refused
        path = request.raw_path.removeprefix("/rest/v1") or "/"
        return await self._pass_on(
            request, self._config.url(Port.REST) + (path if path[0] == "/" else f"/{path}")
        )

    async def _auth(self, request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS":  # lite leaves browsers out here
            return web.Response(status=204, headers=cors.HEADERS)
        if not request.path.startswith(OPEN_PATHS) and (refused := self._refused(request)):
            return refused
        return await self._pass_on(request, self._config.url(Port.SUPABASE) + request.raw_path)

    async def _storage(self, request: web.Request) -> web.StreamResponse:
        if refused := self._secret_in_browser(request):  # public files and signed addresses need no key
            return refused
        return await self._pass_on(request, self._config.url(Port.SUPABASE) + request.raw_path)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        function = self._functions.find(request.match_info["name"])
        if function is None or not function.is_page:
            return self._front.nowhere(request)
        return await self._function(request)

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        return self._front.nowhere(request)

    async def _function(self, request: web.Request) -> web.StreamResponse:
        if refused := self._secret_in_browser(request):
            return refused
        if self._functions_at:
            return await self._pass_on(request, self._functions_at + request.raw_path)
        function = self._functions.find(request.match_info["name"])
        if function is None:
            if request.method == "OPTIONS":
                return web.Response(status=204, headers=cors.HEADERS)
            return cors.refusal(
                404, "NOT_FOUND", "There is no such function.", {"sb-error-code": "NOT_FOUND"}
            )
        path = request.raw_path.removeprefix("/functions/v1")
        try:
            url = await self._functions.address(function)
            return await self._pass_on(request, url + path, patience=function.timeout)
        except FunctionFailed as error:
            why = f"{function.name} does not start ({error.__cause__!r}); log/forkserver.log may say more."
            return cors.refusal(503, "BOOT_ERROR", why)
        except TimeoutError:
            return cors.refusal(
                504, "IDLE_TIMEOUT", f"{function.name} took longer than {function.timeout:g} s."
            )

    def _refused(self, request: web.Request) -> web.Response | None:
        """Whoever comes to the Data API or to auth shows one of the project's keys."""
        if request.method == "OPTIONS":
            return None
        key = request.headers.get("apikey") or request.query.get("apikey")
        if not key:
            return cors.refusal(401, "UNAUTHORIZED_NO_API_KEY", "No API key found in request")
        if key not in self._roles and not self._is_ours(key):
            return cors.refusal(401, "UNAUTHORIZED_INVALID_API_KEY", "Invalid API key")
        return self._secret_in_browser(request)

    def _secret_in_browser(self, request: web.Request) -> web.Response | None:
        shown = (
            request.headers.get("apikey"),
            request.headers.get("Authorization", "").removeprefix("Bearer "),
        )
        in_browser = request.headers.get("User-Agent", "").startswith("Mozilla/")
        if in_browser and self._config.secrets["SUPABASE_SECRET_KEY"] in shown:
            return cors.refusal(
                401, "UNAUTHORIZED_SECRET_KEY_IN_BROWSER", "Forbidden use of secret API key in browser"
            )
        return None

    def _is_ours(self, key: str) -> bool:
        """A legacy key is a token of the project's own making."""
        try:
            jwt.decode(key, self._config.signing_key.key, ["ES256"], options={"verify_aud": False})
        except jwt.InvalidTokenError:
            return False
        return True

    def _authorization(self, request: web.Request) -> str | None:
        """A signed-in user's own token stands; otherwise the key says who is asking."""
        given = request.headers.get("Authorization")
        if given and not given.startswith("Bearer sb_"):
            return given
        key = request.headers.get("apikey") or request.query.get("apikey")
        if not key and given:
            key = given.removeprefix("Bearer ")
        if not key:
            return None
        return self._roles.get(key, f"Bearer {key}")

    async def _pass_on(
        self, request: web.Request, url: str, patience: float | None = None
    ) -> web.StreamResponse:
        headers = CIMultiDict((k, v) for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP)
        headers["X-Forwarded-For"] = request.remote or ""
        headers["X-Forwarded-Host"] = request.host
        headers["X-Forwarded-Proto"] = request.scheme
        if authorization := self._authorization(request):
            headers["Authorization"] = authorization
        response: web.StreamResponse | None = None
        try:
            async with self._client.request(
                request.method,
                URL(url, encoded=True),
                headers=headers,
                data=request.content if request.body_exists else None,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_read=patience),
            ) as reply:
                response = web.StreamResponse(status=reply.status, reason=reply.reason)
                response.headers.extend(
                    (k, v) for k, v in reply.headers.items() if k.lower() not in HOP_BY_HOP
                )
                response.headers.setdefault("Access-Control-Allow-Origin", "*")
                if request.path.startswith("/storage/v1/") and reply.content_type in ACTIVE:
                    # What people upload is on the front page's origin, where a script could press its buttons.
                    response.headers["Content-Security-Policy"] = "sandbox"
                await response.prepare(request)
                async for piece in reply.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
                return response
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError) as error:
            if response is not None or isinstance(error, TimeoutError):
                raise  # half an answer is out: cutting the connection is the only honest end
            return cors.refusal(503, "BOOT_ERROR", f"What answers {request.path} does not; its log says why.")
