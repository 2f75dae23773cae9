"""One admitted request (`Call`) and what its function promises (`Contract`)."""

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from .auth import Caller
from .database import Database, as_caller, as_service
from .settings import Settings

Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Contract:
    """What a function promises: read by the OpenAPI document and by the tests that hold for every function."""

    name: str
    callers: tuple[str, ...]
    methods: tuple[str, ...]
    takes: type[BaseModel] | None
    gives: type[BaseModel] | None
    gives_file: str | None  # its media type, where the reply is no JSON
    settings: tuple[type[Settings], ...]
    verifies: bool = False  # callers' tokens itself; or else it has the database do so before it answers
    refusals_with_200: bool = False
    refusals_have_url: bool = False
    is_page: bool = False
    is_scheduled: bool = False


@dataclass(slots=True)
class Call(Generic[Body]):
    """One admitted request."""

    body: Body
    raw: bytes
    caller: Caller | None
    headers: Any
    address: str | None
    agent: str | None
    request_id: str
    idempotency_key: str | None = None
    method: str = "POST"
    query: dict[str, str] = field(default_factory=dict)  # for links that carry something beside a body
    facts: dict[str, Any] = field(default_factory=dict)
    _database: Database | None = None
    _service: Database | None = None

    @property
    def user(self) -> Caller:
        """The signed-in caller, on a function that only users reach. Not for a token that nobody has looked at."""
        assert self.caller is not None and not self.is_claimed
        return self.caller

    @property
    def database(self) -> Database:
        """The database as the caller: row-level security is on."""
        if self.caller is not None and self.caller.is_service:
            return self.service
        if self._database is None:
            token = self.caller.token if self.caller else None
            self._database = as_caller(token, self.request_id, self.idempotency_key)
        return self._database

    @property
    def service(self) -> Database:
        """The database past row-level security: only where `deploy.yaml` grants the secret key."""
        if self._service is None:
            self._service = as_service(self.request_id, self.idempotency_key)
        return self._service

    def log(self, **facts: Any) -> None:
        """Add facts to this request's one log line. Never a secret, never what a person wrote."""
        self.facts.update(facts)

    @property
    def is_claimed(self) -> bool:
        """Whether nobody has yet looked if the caller's token is good."""
        claimed = self.caller is not None and self.caller.is_claimed
        return claimed and not (self._database and self._database.has_answered)

    @property
    def database_calls(self) -> int:
        return sum(opened.calls for opened in (self._database, self._service) if opened)
