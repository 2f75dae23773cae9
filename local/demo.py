"""`make demo`: a booking and a session, told from waiver to recording, against the running stack.

Everything goes over HTTP as the frontend and mail programs do it: sign in, write tables, call functions, open links.
First a session is booked, moved and cancelled again, by mail; then the last half minute of another one is shown, in
which the practitioner stops the recording by a slip and starts it again. That people join and leave is told to Agora's
emulator, and the scheduler is called when something is due instead of on the next minute. An admin ends the session,
which by itself waits for a quarter of an hour for people to come back.
"""

import json
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import wrap
from typing import Any

from deploy.api import Query, refusals, rows, words_of

from .config import write_private
from .demo_cast import Mailbox, Person, StandIns, read_paragraph, sign_in
from .envfile import read_env
from .front.facts import DEMO_PAGES

LASTS_MINUTES = 30
SHOWN_S = 40  # of the session
PATIENCE_S = 180


def main(state: Path) -> None:
    """Tell the story, to its end or to where something says no."""
    try:
        env = read_env(state)
    except FileNotFoundError:
        raise SystemExit("There is no stack here yet. Start one: make up") from None
    try:
        play(state, env)
    except refusals() as refusal:
        raise SystemExit(f"\n{words_of(refusal)}") from None


def play(state: Path, env: dict[str, str]) -> None:
    """All of it."""
    client, practitioner, admin = (sign_in(env, role) for role in ("CLIENT", "PRACTITIONER", "ADMIN"))
    stand_ins, mailbox = StandIns(env), Mailbox(env)
    say("The client and the practitioner sign in.")

    policy = one(client.from_("waiver_policy").select("*").is_("is_active", "true"))
    text = policy["policy_text"].replace("[Date of signing]", f"{datetime.now().astimezone():%x}")
    signed = client.call("create-liability-waiver", {"waiver_text": text, "signature_name": "Demo client"})
    say(f"The client signs waiver version {policy['version']}.", signed["waiver_id"])

    book_with_credit(client, practitioner, admin)
    stand_ins.run("send-notifications")
    say("The client books with a credit. Both get a mail.", mailbox.newest(client)["Subject"])
    answer_about_recording(mailbox, client, practitioner)
    pages = {"The session that was moved and cancelled": manage(mailbox, stand_ins, client, practitioner)}

    session = set_up(client, practitioner, admin)
    say("The practitioner sets up another session; its last half minute has come.", session["room_name"])

    room = client.call("create-agora-room", {"channelName": session["room_name"], "sessionId": session["id"]})
    channel = room["channelName"]
    asked = {"channelName": channel, "role": "publisher"}
    uids = [person.call("create-agora-token", asked)["uid"] for person in (client, practitioner)]
    stand_ins.set_present(channel, uids)
    say("Both get a token and join. The session begins by itself.", f"uids {uids}")
    await_status(client, session["id"], "in_progress")
    await_both(practitioner, session["id"])

    stand_ins.run("advance-sessions")
    say("Both are there and have agreed, so the recording starts by itself.")
    watch(practitioner, session["id"], until=("recording",))
    count_down(until=datetime.now(UTC) + timedelta(seconds=SHOWN_S / 4))
    practitioner.call("stop-agora-recording", {"session_id": session["id"]})
    watch(practitioner, session["id"], until=("processing",))
    practitioner.call("start-agora-recording", {"session_id": session["id"]})
    watch(practitioner, session["id"], until=("recording",))
    say(
        "The practitioner stopped it by a slip, and has started it again: another take of the same recording."
    )
    count_down(until=ends_at(session))
    stand_ins.set_present(channel, [])
    say("Its time is over, and both leave.")
    complete(admin, session["id"])
    stand_ins.run("advance-sessions")
    say("The session is completed, and the recording stops by itself. Its files are copied and verified.")
    for line in rows(attendance(practitioner, session["id"])):
        who = "client" if line["user_id"] == client.id else "practitioner"
        print(f"    {who} was there for {line['total_seconds']} s", flush=True)
    finished = watch(client, session["id"], until=("completed", "failed"), stand_ins=stand_ins)
    if finished["status"] == "failed":
        raise SystemExit("The recording failed; `make logs` says why.")

    action = practitioner.call(
        "create-action-recommendation",
        {
            "client_id": client.id,
            "session_id": session["id"],
            "title": "Ten slow breaths",
            "action_type": "mindfulness",
        },
    )["recommendation"]
    client.call("update-action-status", {"action_id": action["id"], "completed": True})
    say("The practitioner recommends an action; the client completes it.")

    seconds, size = finished["duration_seconds"], finished["file_size_bytes"]
    say(f"The recording is ready, both takes in one: {seconds} s, {size / 1e6:.1f} MB.")
    pages["The recording of the session"] = finished["recording_url"]
    stand_ins.run("send-notifications")
    leave_open(state, env, pages, mailbox, {"client": client, "practitioner": practitioner})


def book_with_credit(client: Person, practitioner: Person, admin: Person) -> None:
    """The booking page's first free time, days from now. Whoever has no credit is given one."""
    if not client.call("check-session-credits")["total_credits"]:
        given = {"user_id": client.id, "change": 1, "reason": "For the demo"}
        admin.rpc("adjust_credits", given)
    own = own_row(practitioner)
    kinds = client.from_("session_types").select("*")
    kind = one(kinds.is_("is_active", "true").is_("is_group", "false").eq("duration_minutes", 45))
    today = datetime.now(UTC).date()
    free = client.call(
        "get-available-slots",
        {
            "session_type_id": kind["id"],
            "practitioner_id": own["id"],
            "from_date": f"{today + timedelta(days=3)}",
            "until_date": f"{today + timedelta(days=30)}",
            "time_zone": "America/Toronto",
        },
    )
    reply = client.call(
        "book-session-with-credit",
        {
            "practitioner_id": own["id"],
            "scheduled_at": free["days"][0]["slots"][0]["starts_at"],
            "duration_minutes": kind["duration_minutes"],
            "session_type_id": kind["id"],
            "session_type": kind["session_type"],
            "is_group": False,
            "session_location": "online",
            "physical_location": None,
            "notes": None,
        },
    )
    if not reply["success"]:
        raise SystemExit(reply["error"])


def answer_about_recording(mailbox: Mailbox, *people: Person) -> None:
    """Each by the link in their own mail. Who has agreed, in an earlier demo, is not asked again."""
    page = ""
    for person in people:
        link = mailbox.find_link(person, "answer-recording-consent")
        asks = mailbox.open(link) if link else ""
        shown = re.search(r'name="text_sha256" value="(\w+)"', asks)
        if link and shown and 'name="consented" value="true"' in asks:
            page = mailbox.press(link, consented="true", text_sha256=shown[1])
    if page:
        say("It asks each whether they may be recorded. They open its link, and say yes. The page answers:")
        tell(read_paragraph(page, "You have agreed"))
    else:
        say("Both have agreed to be recorded, by the link in an earlier mail.")


def manage(mailbox: Mailbox, stand_ins: StandIns, client: Person, practitioner: Person) -> str:
    """The page about a session: what cancelling means, another time, and in the end cancelling. Gives its address."""
    link = mailbox.find_link(client, "manage-session")
    if not link:
        raise SystemExit("No mail leads to the page about the session; `make logs` says why.")
    say("The client opens the link to manage it. The page says:")
    tell(read_paragraph(mailbox.open(link), "If you cancel now"))

    times = re.findall(r'name="starts_at" value="([^"]+)"', mailbox.open(f"{link}&show=times"))
    page = mailbox.press(link, act="move", starts_at=times[-1])
    stand_ins.run("send-notifications")
    say("They move it there. Mail and calendar of both follow.", mailbox.newest(practitioner)["Subject"])
    tell(read_paragraph(page, "It is moved"))

    page = mailbox.press(link, act="cancel", reason="It was for the demo")
    stand_ins.run("send-notifications")
    say("Something comes up, and they cancel it there.", mailbox.newest(practitioner)["Subject"])
    tell(read_paragraph(page, "It is cancelled"))
    return link


def set_up(client: Person, practitioner: Person, admin: Person) -> Any:
    """The practitioner's own direct writes, as the frontend does them."""
    own = own_row(practitioner)
    now = datetime.now(UTC)

    def at_this_hour(query: Any, whose: dict[str, str]) -> Any:
        since, until = (now + timedelta(minutes=minutes) for minutes in (-120, 60))
        return query.match(whose).gte("scheduled_at", since.isoformat()).lt("scheduled_at", until.isoformat())

    # Whatever either has in this hour would be in the way: of an earlier demo, or of somebody who was here meanwhile.
    away = {"status": "cancelled", "notes": "Cancelled by practitioner: the demo needs this hour"}
    for whose in ({"practitioner_id": own["id"]}, {"client_id": client.id}):
        sessions = admin.from_("session_schedules")
        at_this_hour(sessions.update(away), whose).eq("status", "scheduled").execute()
        for left_over in rows(at_this_hour(sessions.select("id"), whose).eq("status", "in_progress")):
            complete(admin, left_over["id"])
    row = {
        "practitioner_id": own["id"],
        "client_id": client.id,
        "scheduled_at": (now - timedelta(minutes=LASTS_MINUTES, seconds=-SHOWN_S)).isoformat(),
        "duration_minutes": LASTS_MINUTES,
        "room_name": f"session-{own['id'][:8]}-{client.id[:8]}-{time.time_ns() // 1_000_000}",
        "status": "scheduled",
    }
    return one(practitioner.from_("session_schedules").insert(row))


def complete(admin: Person, session_id: str) -> None:
    """End a session, as only an admin can."""
    admin.from_("session_schedules").update({"status": "completed"}).eq("id", session_id).execute()


def own_row(practitioner: Person) -> Any:
    """What the platform knows of a practitioner."""
    return one(practitioner.from_("practitioners").select("*").eq("user_id", practitioner.id))


def attendance(person: Person, session_id: str) -> Any:
    """Who was in a session, as this person may know it."""
    return person.from_("session_attendance").select("*").eq("session_id", session_id)


def one(query: Query) -> Any:
    """The first row of it."""
    return rows(query)[0]


def ends_at(session: dict[str, Any]) -> datetime:
    """When its time is over."""
    return datetime.fromisoformat(session["scheduled_at"]) + timedelta(minutes=session["duration_minutes"])


def await_status(person: Person, session_id: str, status: str) -> None:
    """Until the session stands there."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        row = one(person.from_("session_schedules").select("status").eq("id", session_id))
        if row["status"] == status:
            return
        time.sleep(0.5)
    raise SystemExit(f"The session did not become {status}; `make logs` says why.")


def await_both(practitioner: Person, session_id: str) -> None:
    """Until Agora has told of both."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if len(rows(attendance(practitioner, session_id).eq("source", "agora"))) == 2:
            return
        time.sleep(0.2)
    raise SystemExit("Nobody told that they joined; `make logs` says why.")


def watch(person: Person, session_id: str, until: tuple[str, ...], stand_ins: StandIns | None = None) -> Any:
    """Follow a recording's status, showing each change; if told so, with the scheduler calling meanwhile."""
    deadline, shown = time.monotonic() + PATIENCE_S, None
    while time.monotonic() < deadline:
        recording = person.call("get-recording-status", {"session_id": session_id})["recording"]
        if recording["status"] != shown:
            shown = recording["status"]
            print(f"    recording is {shown}", flush=True)
        if shown in (*until, "failed"):
            return recording
        if stand_ins:
            stand_ins.run("process-recording")
        time.sleep(0.5)
    raise SystemExit("The recording did not get on; `make logs` says why.")


def count_down(until: datetime) -> None:
    """Show that the session is on."""
    while (left := (until - datetime.now(UTC)).total_seconds()) > 0:
        if sys.stdout.isatty():
            print(f"\r    in session, {left:2.0f} s left ", end="", flush=True)
        time.sleep(min(1, left))
    if sys.stdout.isatty():
        print("\r" + " " * 40 + "\r", end="", flush=True)


def leave_open(
    state: Path, env: dict[str, str], pages: dict[str, str], mailbox: Mailbox, people: dict[str, Person]
) -> None:
    """Print the addresses of what can be looked at, and have the front page show them."""
    for who, person in people.items():
        if link := mailbox.find_link(person, "answer-recording-consent"):
            pages[f"What the {who} said about recordings"] = link
        pages[f"The newest mail to the {who}"] = f"{env['MAIL_URL']}/messages/{mailbox.newest(person)['id']}"
    left = [{"name": name, "url": url} for name, url in pages.items()]
    write_private(state / DEMO_PAGES, json.dumps(left, indent=2) + "\n")
    say(f"Open them in a browser; {env['SUPABASE_URL']} leads to each:")
    for page in left:
        print(f"\n    {page['name']}\n    {page['url']}", flush=True)


def tell(words: str) -> None:
    """What somebody reads on a page."""
    for line in wrap(words, 90):
        print(f"    {line}", flush=True)


def say(sentence: str, detail: object = "") -> None:
    """One line of the story."""
    print(
        f"• {sentence}" + (f"  \033[2m{detail}\033[0m" if detail and sys.stdout.isatty() else ""), flush=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
