"""The project's API, as every operators' command speaks to it: supabase-py, with what that does by itself switched off.

    with Api(env, env["SUPABASE_PUBLISHABLE_KEY"]) as api:
        api.sign_in(email, password)
        people = rows(api.client.from_("profiles").select("id"))
        answer = api.invoke("check-session-credits")

By itself it would listen for two minutes, try a failed read three times more, speak HTTP/2, follow redirects with our
key, renew a session from a thread of its own, and name this machine's system to whoever it asks.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import httpx
from pydantic import ValidationError

from shared.settings import SupabaseSettings

if TYPE_CHECKING:
    from supabase import Client
    from supabase_auth.types import Session, User

CONNECT_S = 5


class Query(Protocol):
    """What is built of `from_` and `rpc`."""

    def execute(self) -> Any:
        """Ask it."""


class Api:
    """One project with one of its keys, and then as the person who has signed in. `client` is supabase-py's own."""

    def __init__(self, env: Mapping[str, str], key: str, *, seconds: float = 10) -> None:
        # Half a second to import, since realtime comes along: only commands that ask somebody pay it.
        from supabase import ClientOptions, SupabaseException, create_client
        from yarl import URL

        where = SupabaseSettings.from_environment(env)
        self._answer: httpx.Response | None = None
        self._http = httpx.Client(
            verify=_tls(),
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_S, seconds)),
            follow_redirects=False,
            event_hooks={"response": [self._hear]},
        )
        options = ClientOptions(
            headers={"X-Client-Info": "supabase-py"},
            auto_refresh_token=False,
            persist_session=False,
            postgrest_client_retry=False,
            flow_type="implicit",
            httpx_client=self._http,
        )
        try:
            self.client: Client = create_client(where.supabase_url, key, options)
        except SupabaseException as error:
            asked = httpx.Request("GET", where.supabase_url)
            raise httpx.UnsupportedProtocol(f"SUPABASE_URL: {error}", request=asked) from None
        # A self-hosted project need not have these behind its gateway.
        self.client.rest_url = URL(where.rest_url)
        self.client.functions_url = URL(where.public_functions_url)

    @property
    def answer(self) -> httpx.Response:
        """The newest one: supabase-py keeps no headers, and of what the Data API refuses no status."""
        assert self._answer is not None
        return self._answer

    def sign_in(self, email: str, password: str) -> "Session":
        """Be this person from now on. Raises supabase_auth's AuthError, or httpx's own where nobody answers."""
        with _plainly():
            reply = self.client.auth.sign_in_with_password({"email": email, "password": password})
        assert reply.session
        return reply.session

    def sign_up(self, email: str, password: str, **told: str) -> "User":
        """Have an account made with what somebody told of themselves. Raises as `sign_in` does."""
        with _plainly():
            reply = self.client.auth.sign_up(
                {"email": email, "password": password, "options": {"data": told}}
            )
        assert reply.user
        return reply.user

    def invoke(self, function: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """What a function answers. Raises supabase_functions' FunctionsHttpError for any but a success."""
        options = {"body": body or {}, "headers": headers, "responseType": "json"}
        return self.client.functions.invoke(function, options)

    def status_of(self, ask: Callable[[], object]) -> int:
        """With what the project answers, be it a refusal or nothing that supabase-py can read."""
        with suppress(ValidationError, *refusals()):  # `answer` has what was said
            ask()
        return self.answer.status_code

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def _hear(self, answer: httpx.Response) -> None:
        self._answer = answer


@cache
def _tls() -> ssl.SSLContext:
    """The certificates of all authorities: 60 ms, once and not for each client."""
    return httpx.create_ssl_context()


@contextmanager
def _plainly() -> Iterator[None]:
    """Auth's client alone makes a refusal of a connection that was not made, and of a strange answer none."""
    from supabase_auth.errors import AuthError, AuthUnknownError

    try:
        yield
    except AuthError as error:
        if isinstance(error.__cause__, httpx.TransportError):
            raise error.__cause__ from None
        raise
    except ValidationError as error:
        # By the names of its fields: the values are tokens.
        strange = ", ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
        raise AuthUnknownError(f"auth's answer is strange in {strange}", error) from error


def rows(query: Query) -> list[dict[str, Any]]:
    """What a query finds."""
    found: list[dict[str, Any]] = query.execute().data
    return found


def refusals() -> tuple[type[Exception], ...]:
    """What supabase-py raises when the project says no, to be caught as one."""
    from postgrest import APIError
    from storage3.utils import StorageException
    from supabase_auth.errors import AuthError
    from supabase_functions.errors import FunctionsError

    return APIError, StorageException, AuthError, FunctionsError


def answer_of(refusal: Exception) -> httpx.Response:
    """What the project said no with. (The Data API's refusals do not lead to it: for them there is `Api.answer`.)"""
    cause = refusal.__cause__
    if not isinstance(cause, httpx.HTTPStatusError):
        raise refusal
    return cause.response


def words_of(refusal: Exception) -> str:
    """What the project said, whole where a function said it: of its answer supabase-py keeps one field."""
    if not isinstance(refusal.__cause__, httpx.HTTPStatusError):
        return str(refusal)
    answer = answer_of(refusal)
    return f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
