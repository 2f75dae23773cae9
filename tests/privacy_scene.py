"""Somebody who has left a mark everywhere: each word of theirs, and each about them, has one marker in it."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from . import png_corpus
from .booking_scene import BookingScene
from .cast import PASSWORD, Person, Stage
from .payment_scene import PaymentScene
from .recording_scene import RecordingScene
from .sharing_scene import finished_recording
from .stripe_events import event

TABLES = """
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname in ('public', 'private', 'auth', 'storage') order by 1
"""
KEYS = """
    select c.conname, format(
             'select count(*) from %s child where %s and not exists (select from %s parent where %s)',
             c.conrelid::regclass,
             (select string_agg(format('child.%I is not null', a.attname), ' and ')
                from unnest(c.conkey) k join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k),
             c.confrelid::regclass,
             (select string_agg(format('parent.%I = child.%I', p.attname, a.attname), ' and ')
                from unnest(c.conkey, c.confkey) k (child, parent)
                join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.child
                join pg_attribute p on p.attrelid = c.confrelid and p.attnum = k.parent)) as query
      from pg_constraint c where c.contype = 'f'
"""


class MarkedClient(BookingScene):
    """A client with a marker in everything that is theirs, and the practitioner whom they see."""

    def __init__(self, stage: Stage) -> None:
        self.evidence = ""
        self.marker = f"marker{uuid.uuid4().hex[:12]}"
        super().__init__(stage, credits_each=3)
        stage.execute(
            "update public.practitioners set name = %s where user_id = %s", self.host, self.practitioner.id
        )

    @property
    def host(self) -> str:
        return f"Host of {self.marker[-6:]}"

    @property
    def agent(self) -> dict[str, str]:
        return {"user-agent": f"{self.marker}/1.0"}

    def booker(self) -> Person:
        """Signs up under the marker, and signs the waiver by name and by hand."""
        m, stage = self.marker, self.stage
        facts = {"full_name": f"{m} Client", "phone_number": f"+1 {m}", "address": f"{m} Street"}
        email = f"{m}@stage.test"
        account = {"email": email, "password": PASSWORD, "data": facts}
        session = stage.http.post("/auth/v1/signup", json=account).raise_for_status().json()
        person = Person(uuid.UUID(session["user"]["id"]), email, session["access_token"])
        policy = stage.value("select policy_text from public.waiver_policy where is_active")
        signed = {
            "waiver_text": policy,
            "signature_name": f"{m} Client",
            "signature_image": png_corpus.data_url(png_corpus.SMALL),
        }
        stage.invoke("create-liability-waiver", signed, as_=person, headers=self.agent).raise_for_status()
        stage.execute("select private.grant_credits(%s, %s)", person.id, self.credits_each)
        return person

    # What they do

    def leave_traces(self) -> None:
        """Everything that a client can leave behind, through the doors a client has."""
        self.write()
        self.book_and_pay()
        self.be_written_about()
        self.be_recorded()

    def write(self) -> None:
        m, me = self.marker, str(self.client.id)
        rows: dict[str, dict[str, Any]] = {
            "user_preferences": {"user_id": me, "country": m, "language": m, "timezone": "America/Toronto"},
            "journal_entries": {"title": m, "content": f"{m} was here", "mood": "peaceful"},
            "meditation_memories": {"user_id": me, "content": m, "metadata": {"said": m}},
            "access_grants": {
                "grantor_id": me,
                "grantee_id": str(self.practitioner.id),
                "resource_type": "profile",
                "resource_id": me,
                "permission": "read",
                "reason": m,
                "metadata": {"said": m},
            },
        }
        for table, row in rows.items():
            self.rest("POST", table, row)
        self.rest("PATCH", f"profiles?id=eq.{me}&select=id", {"avatar_url": f"https://pictures.test/{m}.png"})
        key = {"idempotency-key": m, **self.agent}
        for name, body in (
            (
                "record-consent",
                {"consent_type": "session_recording", "consented": True, "metadata": {"said": m}},
            ),
            ("record-consent", {"consent_type": "marketing", "consented": True, "version": "1.0"}),
            ("record-audit-log", {"action": "VIEW", "table_name": "profiles", "metadata": {"said": m}}),
        ):
            self.invoke(name, body, headers={**key, "idempotency-key": f"{m}-{uuid.uuid4()}"})

    def book_and_pay(self) -> None:
        """A session to come at a place of theirs, one that was cancelled, and one that is paid for."""
        m = self.marker
        at_home = {"session_location": "in_person", "physical_location": f"{m} Street", "notes": m}
        self.coming = self.book(**at_home)
        self.stage.execute(  # what was agreed, and what others are told of it, has the place before
            "update public.session_schedules set physical_location = %s where id = %s",
            f"{m} Avenue",
            self.coming,
        )
        self.starts_at += timedelta(days=1)
        self.cancelled = self.book(notes=m)
        self.invoke("cancel-session", {"session_id": self.cancelled, "reason": f"{m} is ill"})
        self.starts_at += timedelta(days=1)

        paying = PaymentScene.__new__(PaymentScene)
        paying.stage, paying.client, paying.practitioner = self.stage, self.client, self.practitioner
        paying.type, paying.starts_at = paying.type_of(45), self.starts_at
        opened = paying.pay(paying.from_checkout_page(notes=m)).raise_for_status()
        payment = paying.payment(opened)
        told = payment.session(
            customer_details={"email": f"{m}@stage.test", "name": m, "address": {"line1": m}}
        )
        paying.receive_event(event("checkout.session.completed", told)).raise_for_status()
        paying.receive_event(
            event("charge.updated", payment.charge(billing_details={"name": m}))
        ).raise_for_status()
        self.stage.execute(
            "update public.checkout_sessions set receipt_url = %s where user_id = %s",
            f"https://pay.stripe.test/{m}",
            self.client.id,
        )

    def be_written_about(self) -> None:
        """What the practitioner, an admin and the platform write down about them."""
        m, me = self.marker, str(self.client.id)
        host = self.practitioner
        self.past = self.stage.session(
            client=self.client,
            practitioner=host,
            starts_in_minutes=-3000,
            status="completed",
            notes=m,
            host_room_url=m,
        )
        past = str(self.past["id"])
        self.stage.execute(
            "insert into public.practitioner_assignments (practitioner_id, client_id) values (%s, %s)",
            host.practitioner_id,
            me,
        )
        noted = {"session_id": past, "content": f"{m} was late"}
        for author, visibility in ((host, "private"), (host, "shared"), (self.client, "private")):
            self.rest(
                "POST",
                "session_notes",
                {**noted, "author_id": str(author.id), "visibility": visibility},
                as_=author,
            )
        for table, more in (("action_checklist", {}), ("action_recommendations", {"action_type": "other"})):
            by = host.id if table == "action_checklist" else host.practitioner_id
            row = {"client_id": me, "practitioner_id": str(by), "title": m, "description": m}
            self.rest("POST", table, row | more, as_=host)
        self.stage.execute(
            "insert into public.session_attendance (session_id, user_id, source, joined_at, reason)"
            " values (%s, %s, 'manual', now(), %s) on conflict do nothing",
            past,
            me,
            m,
        )
        self.stage.execute(
            "insert into public.credit_ledger (lot_id, user_id, change, kind, reason)"
            " select id, user_id, -1, 'adjustment', %s from public.user_session_credits where user_id = %s"
            " and credits_remaining > 0 limit 1",
            m,
            me,
        )
        self.stage.execute(
            "insert into public.email_logs (user_id, email_type, recipient_email, status, error_message)"
            " values (%s, 'welcome', %s, 'failed', %s)",
            me,
            f"{m}@stage.test",
            m,
        )

    def be_recorded(self) -> None:
        """A recording with a file in storage and its source in Agora's bucket, opened by its link."""
        self.recording = finished_recording(self.stage, self.past["id"])
        self.folder, self.source = (
            f"{self.past['id']}/{self.recording}",
            f"recordings/{self.recording.hex}/1/x.ts",
        )
        key = self.stage.env["SUPABASE_SECRET_KEY"]
        self.stage.http.post(
            f"/storage/v1/object/session-recordings/{self.folder}/1.mp4",
            content=self.marker.encode(),
            headers={"apikey": key, "authorization": f"Bearer {key}", "content-type": "video/mp4"},
        ).raise_for_status()
        self.bucket.put_object(
            Bucket=self.stage.env["RECORDING_S3_BUCKET"], Key=self.source, Body=self.marker.encode()
        )
        shared = self.invoke("create-recording-share-link", {"recording_id": str(self.recording)}).json()
        httpx.get(shared["url"], headers={**self.agent, "accept": "text/html"})

    @property
    def bucket(self) -> Any:
        scene = RecordingScene.__new__(RecordingScene)
        scene.stage = self.stage
        return scene.bucket()

    def rest(self, method: str, path: str, json: Any = None, *, as_: Person | None = None) -> None:
        reply = self.stage.rest(method, path, as_=as_ or self.client, json=json)
        assert reply.is_success and reply.json(), (path, reply.text)

    def invoke(self, function: str, body: Any, **more: Any) -> httpx.Response:
        reply = self.stage.invoke(function, body, as_=self.client, **more)
        assert reply.is_success and reply.json().get("success", True), (function, reply.text)
        return reply

    def purge(self) -> None:
        """The scheduler calls: what is queued goes, files first."""
        self.stage.invoke_as_service(
            "purge-recordings", {"recording_id": str(self.recording)}
        ).raise_for_status()

    # What is left

    def traces(self) -> list[str]:
        """Every table with the marker in it, and every object that is still stored."""
        stored = self.stage.value(
            "select count(*) from storage.objects where name like %s", f"{self.folder}/%"
        )
        source = self.bucket.list_objects_v2(Bucket=self.stage.env["RECORDING_S3_BUCKET"], Prefix=self.source)
        files = ["storage"] * bool(stored) + ["agora's bucket"] * bool(source["KeyCount"])
        return traces(self.stage, self.marker) + files

    def traces_in_files(self, state: Path) -> list[str]:
        """Every log, and every file under storage, that has the marker in it."""
        folders = ("log", "storage", "uploads")
        return [
            str(path.relative_to(state))
            for folder in folders
            for path in (state / folder).rglob("*")
            if path.is_file() and self.marker.encode() in path.read_bytes()
        ]


def traces(stage: Stage, marker: str) -> list[str]:
    """Every table of every schema with the marker in it, as text or as bytes."""
    found = []
    for table in stage.owner.execute(TABLES).fetchall():
        query = (
            f"select count(*) from {table['name']} t where strpos(lower(to_json(t)::text), %s) > 0"
            " or strpos(to_json(t)::text, %s) > 0"
        )
        if stage.value(query, marker, marker.encode().hex()):
            found.append(table["name"])
    return found


def broken_keys(stage: Stage) -> dict[str, int]:
    """Foreign keys with a row that leads nowhere."""
    keys = stage.owner.execute(KEYS).fetchall()
    counts = {key["conname"]: stage.value(key["query"]) for key in keys}
    return {name: count for name, count in counts.items() if count}
