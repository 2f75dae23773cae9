"""A practitioner, a client and an admin with a row of every kind that the existing pages read, as those pages write it.

What no page writes, because the server does, is written by the owner: payments, recordings, contracts, notifications.
"""

import json
import subprocess
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from local.config import NODE
from local.node import NODE_BINARY, environment

from .banking_scene import CANADIAN
from .booking_scene import BookingScene
from .cast import Person, Stage
from .page_reads import Read
from .sharing_scene import finished_recording

# By which column a table embeds another.
EMBEDDED_BY = {
    "practitioners": "practitioner_id",
    "session_types": "session_type_id",
    "session_packages": "package_id",
}


class ReadsScene(BookingScene):
    """What is there is in `rows`, by name: the table, and the id."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, credits_each=9)
        self.admin, self.other, self.next = stage.admin(), stage.practitioner(), self.booker()
        self.people = {"client": self.client, "practitioner": self.practitioner, "admin": self.admin}
        self.rows: dict[str, tuple[str, str]] = {
            "host": ("practitioners", str(self.practitioner.practitioner_id)),
            "other": ("practitioners", str(self.other.practitioner_id)),
            "client": ("profiles", str(self.client.id)),
            "leader": ("profiles", str(self.practitioner.id)),
            "next": ("profiles", str(self.next.id)),
        }
        self.fill_calendar()
        self.fill_pages()

    # Sessions

    def fill_calendar(self) -> None:
        self.rows["online"] = self.make_class_on_page()
        studio = {"name": f"Hall {uuid.uuid4().hex[:6]}", "address": "1 A street", "is_active": True}
        self.write("studio", "studio_locations", studio, self.admin)
        place = f"{studio['name']} - {studio['address']}"
        self.rows["room"] = self.make_class_on_page(session_location="in_person", physical_location=place)
        for one, other in (("online", "room"), ("room", "online")):
            self.change(one, {"correlated_session_id": self.id(other)}, self.admin)
        self.rows["later"] = self.make_class_on_page(days=2)

        for name, of, person in (
            ("seat", "online", self.client),
            ("neighbour", "online", self.next),
            ("left", "room", self.client),
        ):
            group_class = self.stage.row("select * from public.session_schedules where id = %s", self.id(of))
            self.write(name, "session_schedules", self.seat(group_class, person), person)
        cancelled = {"status": "cancelled", "notes": "Cancelled: ill", "cancelled_at": "2026-01-01T00:00:00Z"}
        self.change("left", cancelled, self.client)

        self.starts_at += timedelta(days=1)
        self.rows["booked"] = ("session_schedules", self.book())
        self.write("assigned", "practitioner_assignments", self.between_them(), self.admin)
        made = {
            **self.between_them(),
            "scheduled_at": (self.starts_at + timedelta(hours=3)).isoformat(),
            "duration_minutes": 30,
            "room_name": f"session-{uuid.uuid4()}",
            "host_room_url": None,
            "notes": None,
            "status": "scheduled",
        }
        self.write("made", "session_schedules", made, self.practitioner)
        held = self.stage.session(
            client=self.client, practitioner=self.practitioner, starts_in_minutes=-2900, status="completed"
        )
        self.rows["held"] = ("session_schedules", str(held["id"]))

    def make_class_on_page(self, days: int = 0, **more: Any) -> tuple[str, str]:
        """As the admin's page writes it."""
        at = {"scheduled_at": (self.starts_at + timedelta(days=days, hours=2)).isoformat()}
        row = self.from_classes_page(self.admin, **(at | more))
        reply = self.stage.rest("POST", "session_schedules", as_=self.admin, json=row)
        assert reply.status_code == 201, reply.text
        return ("session_schedules", str(reply.json()[0]["id"]))

    # The other pages

    def fill_pages(self) -> None:
        me, host = {"user_id": str(self.client.id)}, self.practitioner
        hours = {
            "practitioner_id": self.id("host"),
            "day_of_week": 1,
            "start_time": "09:00",
            "end_time": "17:00",
        }
        self.write("hours", "practitioner_availability", hours, host)
        told = {"title": "Breathe", "description": None, "action_type": "mindfulness", "frequency": "daily"}
        about = {"session_id": self.id("held"), "due_date": "2030-01-01"}
        self.write("tip", "action_recommendations", {**self.between_them(), **told, **about}, host)
        todo = {"client_id": str(self.client.id), "practitioner_id": str(host.id), "title": "Breathe"}
        self.write("checklist", "action_checklist", todo, host)
        self.write("memory", "meditation_memories", {**me, "content": "A quiet morning."}, self.client)
        self.write("preferences", "user_preferences", {**me, "currency": "cad", "country": "CA"}, self.client)
        account = {"practitioner_id": self.id("host"), "bank_name": "Bank", "account_holder_name": "Host"}
        kind = {"account_type": "checking", **CANADIAN}
        saved = self.stage.invoke("encrypt-banking-data", account | kind, as_=host).json()
        assert saved["success"], saved
        self.find("bank", "practitioner_banking", "practitioner_id = %s", self.id("host"))

        self.stage.execute(
            "insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text)"
            " values (%s, '1', 'We practise.')",
            self.id("host"),
        )
        self.find("contract", "practitioner_contracts", "practitioner_id = %s", self.id("host"))
        self.stage.execute(
            """insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,
                                                    practitioner_share, platform_share, currency, status)
               values (%s, %s, %s, 100, 75, 25, 'cad', 'completed')""",
            self.id("held"),
            self.id("host"),
            self.client.id,
        )
        self.find("paid", "session_payments", "session_id = %s", self.id("held"))
        self.rows["recording"] = (
            "session_recordings",
            str(finished_recording(self.stage, uuid.UUID(self.id("held")))),
        )
        self.find("credits", "user_session_credits", "user_id = %s", self.client.id)
        self.stage.execute(
            "select private.grant_credits(%s, 5, package_id => p.id, session_type_id => p.session_type_id,"
            """ metadata => '{"total_amount": 470, "currency": "cad"}')"""
            " from public.session_packages p where p.is_active order by p.session_count, p.name limit 1",
            self.client.id,
        )
        self.find(
            "package", "user_session_credits", "package_id is not null and user_id = %s", self.client.id
        )
        self.find("role", "user_roles", "user_id = %s", host.id)

    def between_them(self) -> dict[str, Any]:
        return {"practitioner_id": self.id("host"), "client_id": str(self.client.id)}

    # Rows by name

    def id(self, name: str) -> str:
        return self.rows[name][1]

    def write(self, name: str, table: str, row: dict[str, Any], as_: Person) -> None:
        reply = self.stage.rest("POST", table, as_=as_, json=row)
        assert reply.status_code == 201, (table, reply.text)
        self.rows[name] = (table, str(reply.json()[0]["id"]))

    def change(self, name: str, columns: dict[str, Any], as_: Person) -> None:
        reply = self.stage.rest("PATCH", f"{self.rows[name][0]}?id=eq.{self.id(name)}", as_=as_, json=columns)
        assert len(reply.raise_for_status().json()) == 1, name

    def find(self, name: str, table: str, condition: str, value: Any) -> None:
        found = self.stage.value(f"select id from public.{table} where {condition}", value)
        self.rows[name] = (table, str(found))

    # Reads

    def query(self, read: Read, role: str) -> str:
        ids = {name: row for name, (_, row) in self.rows.items()}
        return read.query.format(me=self.people[role].id, mine=self.id("host"), **ids)

    def send(self, reads: list[Read]) -> Iterator[dict[str, Any]]:
        """Through supabase-js, each read as each role. Gives for each read the answers by role."""
        asked = [
            {
                "token": self.people[role].token,
                "table": read.table,
                "select": read.select,
                "query": self.query(read, role),
                "one": read.one,
            }
            for read in reads
            for role in self.people
        ]
        names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
        played = subprocess.run(
            [str(NODE_BINARY), "tests/supabase_js/read.mjs"],
            env=environment(NODE_FOLDER=f"{NODE}/", **{name: self.stage.env[name] for name in names}),
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        assert played.returncode == 0, played.stdout + played.stderr
        told = iter(json.loads(played.stdout))
        for _ in reads:
            yield {role: next(told) for role in self.people}

    def expected(self, read: Read, role: str) -> list[dict[str, Any]]:
        """The rows a page expects: what the owner of the database finds under their names, or under a condition."""
        rows = getattr(read, role)
        if rows.startswith("where "):
            self.stage.execute("set timezone to 'UTC'")
            found = self.stage.owner.execute(
                f"select to_jsonb(t) as row from public.{read.table} t {rows}",
                {"me": self.people[role].id, "mine": self.id("host")},
            )
            return [self.project(read.table, row["row"], read.select) for row in found.fetchall()]
        named = [self.rows[name] for name in rows.split()]
        assert all(table == read.table for table, _ in named), (read, named)
        return [self.project(read.table, self.row(table, row), read.select) for table, row in named]

    def row(self, table: str, row: str | None) -> dict[str, Any] | None:
        if row is None:
            return None
        found: dict[str, Any] = self.stage.value(
            f"select to_jsonb(t) from public.{table} t where id = %s", row
        )
        return found

    def project(self, table: str, row: dict[str, Any] | None, select: str) -> Any:
        """A row as the select asks for it; what it embeds is one row, or null where the column is."""
        if row is None:
            return None
        shown: dict[str, Any] = {}
        for part in split(select):
            if "(" not in part:
                shown |= row if part == "*" else {part: row[part]}
                continue
            name, embedded = part.removesuffix(")").split("(", 1)
            name, _, of = name.partition(":")
            of = of.split("!")[0]
            column = EMBEDDED_BY.get(of, "correlated_session_id" if table == of else "session_id")
            shown[name] = self.project(of, self.row(of, row[column]), embedded)
        return shown


def split(select: str) -> list[str]:
    """At the commas that are in no parenthesis."""
    parts, depth = [""], 0
    for letter in select:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
