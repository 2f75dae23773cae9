"""The stage and the people on it: the real stack, persons with accounts, and the rows a scene starts from."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
from psycopg.rows import dict_row

from local.config import sign
from local.forkserver_client import ForkServerClient

from .told import Owner

PASSWORD = "a password of the stage"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, signed in."""

    id: uuid.UUID
    email: str
    token: str
    practitioner_id: uuid.UUID | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


class Stage:
    """A running stack, seen from outside through its one origin and from inside as the database's owner."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.http = httpx.Client(
            base_url=env["SUPABASE_URL"],
            headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
            limits=httpx.Limits(max_connections=64),
            timeout=30,
        )
        self._signing_key = jwt.PyJWK(json.loads(env["JWT_SIGNING_KEY"]))
        self.owner = Owner.connect(env["DATABASE_URL"], autocommit=True, row_factory=dict_row)  # type: ignore[arg-type]

        self.forkserver = ForkServerClient()

    def close(self) -> None:
        self.http.close()
        self.owner.close()
        self.forkserver.close()

    # What a caller does

    def invoke(
        self,
        function: str,
        body: Any = None,
        *,
        as_: Person | None = None,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Call a function as supabase-js does: the key always, a token if signed in, JSON only with a body."""
        more = {"json": body} if body is not None else {"content": content} if content is not None else {}
        signed = {**(as_.headers if as_ else {}), **(headers or {})}
        return self.http.request(method, f"/functions/v1/{function}", headers=signed, **more)  # type: ignore[arg-type]

    def invoke_as_service(self, function: str, body: Any = None) -> httpx.Response:
        """Call a function with the secret key, as the scheduler does."""
        return self.invoke(function, body or {}, headers={"apikey": self.env["SUPABASE_SECRET_KEY"]})

    def rest(self, method: str, path: str, *, as_: Person | None = None, json: Any = None) -> httpx.Response:
        """Read or write a table, or call an RPC, with the public key and somebody's token."""
        headers = {**(as_.headers if as_ else {}), "prefer": "return=representation"}
        return self.http.request(method, f"/rest/v1/{path}", headers=headers, json=json)

    # What the owner of the database knows and arranges

    def execute(self, statement: str, *values: Any) -> None:
        self.owner.execute(statement, values)  # type: ignore[call-overload]

    def row(self, query: str, *values: Any) -> dict[str, Any]:
        found = self.owner.execute(query, values).fetchone()  # type: ignore[call-overload]
        assert found is not None, "no row"
        return dict(found)

    def value(self, query: str, *values: Any) -> Any:
        return next(iter(self.row(query, *values).values()))

    def address_events(self) -> None:
        """A worker's next run makes notifications, mails and deliveries of all that has happened."""
        self.owner.address_events()

    # People

    def client(self) -> Person:
        """Somebody new, with the row and the token that auth would have made: its own take three times as long."""
        person, email = uuid.uuid4(), f"{uuid.uuid4().hex[:12]}@stage.test"
        self.execute(
            """insert into auth.users (id, aud, role, email, raw_app_meta_data, raw_user_meta_data,
                                       email_confirmed_at, last_sign_in_at, created_at, updated_at)
               values (%s, 'authenticated', 'authenticated', %s, '{"provider": "email", "providers": ["email"]}', '{}',
                       now(), now(), now(), now())""",
            person,
            email,
        )
        now = int(time.time())
        claims = {"sub": str(person), "aud": "authenticated", "role": "authenticated", "email": email}
        claims |= {"session_id": str(uuid.uuid4()), "iat": now, "exp": now + 3600}
        return Person(person, email, sign(claims, self._signing_key))

    def with_claims(self, person: Person, **claims: Any) -> Person:
        """The same person with a token that says something else too, as aal or is_anonymous."""
        said = jwt.decode(person.token, options={"verify_signature": False}) | claims
        return replace(person, token=sign(said, self._signing_key))

    def enroll(self, person: Person) -> None:
        """From now on they have a second factor."""
        self.execute(
            "insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)"
            " values (gen_random_uuid(), %s, 'totp', 'verified', now(), now())",
            person.id,
        )

    def sign_up(self) -> Person:
        """Somebody new, signed up through the real auth, who can sign in again with the password."""
        email = f"{uuid.uuid4().hex[:12]}@stage.test"
        reply = self.http.post("/auth/v1/signup", json={"email": email, "password": PASSWORD})
        session = reply.raise_for_status().json()
        return Person(uuid.UUID(session["user"]["id"]), email, session["access_token"])

    def practitioner(self) -> Person:
        """Somebody new with a practitioner's row and role."""
        person = self.client()
        self.execute("insert into public.user_roles (user_id, role) values (%s, 'practitioner')", person.id)
        own = self.value(
            "insert into public.practitioners (user_id, name) values (%s, 'Practitioner') returning id",
            person.id,
        )
        # Bookable whenever a test runs and without an offer, as who was there before there were hours and offers.
        self.execute("delete from public.practitioner_availability where practitioner_id = %s", own)
        self.execute(
            "update public.practitioner_calendars set is_always_open = true where practitioner_id = %s", own
        )
        self.execute("delete from public.practitioner_contracts where practitioner_id = %s", own)
        self.execute("delete from private.outbox where user_id = %s and kind = 'contract_issued'", person.id)
        return Person(person.id, person.email, person.token, own)

    def admin(self) -> Person:
        """Somebody new with the admin role."""
        person = self.client()
        self.execute("insert into public.user_roles (user_id, role) values (%s, 'admin')", person.id)
        return person

    # Sessions, consent, texts

    def session(
        self,
        *,
        client: Person,
        practitioner: Person | None = None,
        starts_in_minutes: float = 0,
        **columns: Any,
    ) -> dict[str, Any]:
        """A one-to-one session, by default starting now; other columns as named."""
        practitioner = practitioner or self.practitioner()
        return self._insert_session(
            **{
                "client_id": client.id,
                "practitioner_id": practitioner.practitioner_id,
                "room_name": f"session-{uuid.uuid4().hex[:8]}-{str(client.id)[:8]}-1795352388836",
                "scheduled_at": datetime.now(UTC) + timedelta(minutes=starts_in_minutes),
                **columns,
            }
        )

    def group_class(
        self,
        *,
        practitioner: Person,
        made_by: Person | None = None,
        starts_in_minutes: float = 0,
        **columns: Any,
    ) -> dict[str, Any]:
        """A class, made by an admin."""
        return self._insert_session(
            **{
                "client_id": (made_by or self.admin()).id,
                "practitioner_id": practitioner.practitioner_id,
                "room_name": f"group-{uuid.uuid4().hex[:8]}-1795352388836",
                "scheduled_at": datetime.now(UTC) + timedelta(minutes=starts_in_minutes),
                "max_participants": 12,
                "current_participants": 0,
                "notes": "Pre-scheduled group class created by admin",
                **columns,
            }
        )

    def pass_time_until(self, session: object, minutes_before: float) -> None:
        """It is now so many minutes before the session starts; nobody has changed it."""
        self.execute(
            "update public.session_schedules set scheduled_at = now() + make_interval(secs => 60 * %s) where id = %s",
            minutes_before,
            session,
        )
        self.execute(
            "delete from private.session_agreements a using public.session_schedules s"
            " where s.id = a.session_id and %s in (s.id, s.group_class_id)",
            session,
        )

    def join(self, group_class: dict[str, Any], person: Person) -> dict[str, Any]:
        """A participant's own row, as the frontend words it."""
        return self._insert_session(
            client_id=person.id,
            practitioner_id=group_class["practitioner_id"],
            room_name=f"group-{group_class['id']}-{str(person.id)[:8]}-{uuid.uuid4().int % 10**13:013}",
            scheduled_at=group_class["scheduled_at"],
            max_participants=group_class["max_participants"],
            notes=f"Joined group class: {group_class['id']}",
        )

    def _insert_session(self, **columns: Any) -> dict[str, Any]:
        row = {"duration_minutes": 30, "status": "scheduled", **columns}
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        return self.row(
            f"insert into public.session_schedules ({names}) values ({marks}) returning *", *row.values()
        )

    def consent(self, *people: Person) -> None:
        """Each agrees to be recorded, as the frontend writes it."""
        for person in people:
            row = {"user_id": str(person.id), "consent_type": "session_recording", "consented": True}
            self.rest("POST", "user_consents", as_=person, json=row).raise_for_status()

    @contextmanager
    def next_waiver_version(self, text: str) -> Iterator[None]:
        """Another waiver is current for a while; then the one before is taken up again."""
        before = self.value("select id from public.waiver_policy where is_active")
        self.execute(
            "insert into public.waiver_policy (version, policy_text) "
            "select max(version) + 1, %s from public.waiver_policy",
            text,
        )
        try:
            yield
        finally:
            self.execute("update public.waiver_policy set is_active = true where id = %s", before)
