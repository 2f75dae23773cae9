"""Configuration from the environment: read late, typed, and complaining by name.

    class AgoraSettings(Settings):
        agora_app_id: str                    # AGORA_APP_ID, required
        agora_token_version: str = "007"     # AGORA_TOKEN_VERSION, optional

A field is the environment variable's name in lower case. `endpoint` reads every settings class of its function
when the process starts, so a function with a missing setting never starts serving.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from email.utils import parseaddr
from typing import Any, ClassVar, Self, dataclass_transform
from urllib.parse import urlencode

# As deploy.yaml's secrets are named.
SECRET = re.compile("secret|certificate|(?<!publishable_)(?<!public_)key|customer|token|smtp_url")
SECRET_LENGTH = 8  # a shorter one would blot out words


class MissingSettings(Exception):
    """The function cannot start: the message names every variable that is not set."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Settings:
    """A group of settings that are needed together. Values are strings, or integers where annotated `int`."""

    _read: ClassVar[dict[type, Any]] = {}

    def __init_subclass__(cls) -> None:
        # repr=False: a settings object in a traceback or a log must not print a secret.
        dataclass(frozen=True, kw_only=True, repr=False)(cls)

    @classmethod
    def read(cls) -> Self:
        """The settings of this process, read once.

        Raises MissingSettings naming every required variable that is unset or blank.
        """
        if cls not in Settings._read:
            Settings._read[cls] = cls.from_environment(os.environ)
        found: Self = Settings._read[cls]
        return found

    @classmethod
    def from_environment(cls, environment: Any) -> Self:
        """The settings found in a mapping of variables; surrounding blanks do not count."""
        found = {field.name: (environment.get(field.name.upper()) or "").strip() for field in fields(cls)}  # type: ignore[arg-type]
        required = [field.name for field in fields(cls) if field.default is MISSING]  # type: ignore[arg-type]
        missing = [name.upper() for name in required if not found[name]]
        if missing:
            raise MissingSettings(
                f"Missing settings: {', '.join(missing)}. Set them in the function's environment."
            )
        return cls(**{f.name: _typed(f, found[f.name]) for f in fields(cls) if found[f.name]})  # type: ignore[arg-type]

    @classmethod
    def secret_values(cls) -> list[str]:
        """The secret values that this process has read: no line of the log may hold one."""
        named = (
            (field.name, getattr(read, field.name))
            for read in Settings._read.values()
            for field in fields(read)
        )
        values = (part for name, value in named if is_secret(name) for part in str(value).split(","))
        return [value for value in values if len(value) >= SECRET_LENGTH]

    @classmethod
    def names(cls) -> dict[str, bool]:
        """Each variable's name, and whether it is required. `deploy.yaml` is tested against this."""
        return {field.name.upper(): field.default is MISSING for field in fields(cls)}  # type: ignore[arg-type]


def is_secret(name: str) -> bool:
    """Whether a setting is one, by its name."""
    return SECRET.search(name.lower()) is not None


def read_all(groups: Iterable[type[Settings]]) -> None:
    """Read every group, once for the process. Raises MissingSettings with what each of them complains of."""
    complaints = []
    for group in groups:
        try:
            group.read()
        except MissingSettings as error:
            complaints.append(str(error))
    if complaints:
        raise MissingSettings(" ".join(complaints))


def _typed(field: Any, text: str) -> Any:
    if field.type is not int:
        return text
    try:
        return int(text)
    except ValueError:
        raise MissingSettings(f"{field.name.upper()} must be a whole number.") from None


class SupabaseSettings(Settings):
    """What every function needs to reach the project as its caller."""

    supabase_url: str
    supabase_publishable_key: str
    supabase_jwks: str = ""
    supabase_rest_url: str = ""
    functions_url: str = ""
    trusted_proxies: int = 1  # how many of our own proxies append to X-Forwarded-For

    @property
    def rest_url(self) -> str:
        """The Data API. A self-hosted one need not stand behind the gateway."""
        return self.supabase_rest_url.rstrip("/") or f"{self.supabase_url.rstrip('/')}/rest/v1"

    @property
    def public_functions_url(self) -> str:
        """Where a browser reaches the functions."""
        return self.functions_url.rstrip("/") or f"{self.supabase_url.rstrip('/')}/functions/v1"


class LegacyTokenSettings(Settings):
    """What HS256 tokens are signed with, in a project that still has them. Whoever knows it can sign for anybody, the
    service included: a function that verifies takes such tokens only where `deploy.yaml` names this secret under it.
    """

    supabase_jwt_secret: str = ""


class ServiceSettings(Settings):
    """The key that bypasses row-level security. The functions that list it in `deploy.yaml` are the security review.

    During a rotation it is two, with a comma between them: callers may show either, and the first is what we show.
    """

    supabase_secret_key: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= 2 or not all(self.keys):
            raise MissingSettings("SUPABASE_SECRET_KEY must be one key, or two with a comma between them.")

    @property
    def keys(self) -> tuple[str, ...]:
        """Those that are accepted."""
        return tuple(key.strip() for key in self.supabase_secret_key.split(","))

    @property
    def key(self) -> str:
        """The one to show to the database, to auth and to storage."""
        return self.keys[0]


class PagesSettings(Settings):
    """Where our own pages are: the origin of our gateway. A hosted project's functions cannot serve them, since its
    gateway turns every HTML answer into plain text.
    """

    pages_url: str

    @property
    def origin(self) -> str:
        """Without a slash at the end."""
        return self.pages_url.rstrip("/")

    def address(self, page: str, **query: str) -> str:
        """Of a page by its function's name, such as manage_session."""
        return f"{self.origin}/{page.replace('_', '-')}" + (f"?{urlencode(query)}" if query else "")


class SiteSettings(Settings):
    """Where the pages are. Ours alone to say: an Origin header is whatever the caller writes into it."""

    site_url: str

    @property
    def site(self) -> str:
        """Without a slash at the end, so that a path can follow."""
        return self.site_url.rstrip("/")


class ContactSettings(Settings):
    """Where people write to us: what a reply goes to, and whom a calendar event names. Somebody reads it."""

    support_email: str = "support@sadhu.com"

    def __post_init__(self) -> None:
        if parseaddr(self.support_email)[1] != self.support_email:
            raise MissingSettings("SUPPORT_EMAIL must be an address alone, such as support@sadhu.com.")
