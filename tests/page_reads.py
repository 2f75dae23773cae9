"""The reads of the existing pages: each shape in which they ask a table, with a page's filters, and who gets what.

A line is a table, a select with the white space taken out, a query as PostgREST's, and the rows that client,
practitioner and admin get: names of rows of `tests/page_reads_scene.py`, or a condition for rows that are not its
alone. In a query {me} is whoever asks, {mine} the scene's practitioner, and {a name} the id of the row of that name.
"""

from dataclasses import dataclass

ALL = "online room later seat neighbour left booked made held"  # every session of the practitioner
OWN = "seat left booked made held"  # the client's
SEEN = f"online room later {OWN}"  # what the client may read of the practitioner's
CLASSES = "online room later"
COMING = "seat booked made"

NAME = "practitioner:practitioners(name)"
FACE = "practitioner:practitioners(name,avatar_url)"
OTHER_FORM = "correlated_session:session_schedules!correlated_session_id"
KIND = "session_type:session_types(id,duration_minutes,session_type,is_group)"
WHEN = "session:session_schedules(id,scheduled_at,duration_minutes)"
LINE = "id,scheduled_at,duration_minutes,status"
PLACE = "session_location,physical_location"
PLACES = "max_participants,current_participants"
COUNTED = "current_participants,max_participants,notes"
MASTERS = (
    "max_participants=gt.1&notes=not.like.Joined group class%&practitioner_id=eq.{mine}&order=scheduled_at"
)
UPCOMING = "client_id=eq.{me}&status=in.(scheduled,in_progress)&order=scheduled_at&limit=5"
UNSPENT = "user_id=eq.{me}&credits_remaining=gt.0&or=(expires_at.is.null,expires_at.gt.now())"


@dataclass(frozen=True)
class Read:
    """One shape, and what is answered to each."""

    table: str
    select: str
    query: str
    client: str
    practitioner: str
    admin: str
    one: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.select}"


def everybody(table: str, select: str, query: str, rows: str, one: str = "") -> Read:
    return Read(table, select, query, rows, rows, rows, one)


def its_client(table: str, select: str, query: str, rows: str, practitioner: str = "", one: str = "") -> Read:
    """What is asked for by {me}: an admin has none of these."""
    return Read(table, select, query, rows, practitioner, "", one)


def led(select: str, query: str = "", client: str = SEEN, rows: str = ALL) -> Read:
    """Sessions of the practitioner: clients see less of them than the other two."""
    query = f"practitioner_id=eq.{{mine}}{query}&order=scheduled_at"
    return Read("session_schedules", select, query, client, rows, rows)


def for_sale(select: str) -> Read:
    """Packages: nobody but an admin sees one of a type that is withdrawn."""
    sold = "where is_active and session_type_id in (select id from public.session_types where is_active)"
    query = "is_active=eq.true&order=session_count"
    return Read("session_packages", select, query, sold, sold, "where is_active")


SESSIONS = "session_schedules"
READS = [
    everybody("action_checklist", "*", "client_id=eq.{client}&order=priority", "checklist"),
    its_client(
        "action_recommendations", "*", "client_id=eq.{me}&completed=eq.false&order=due_date&limit=5", "tip"
    ),
    everybody(
        "action_recommendations",
        "*,session:session_schedules(scheduled_at)",
        "practitioner_id=eq.{mine}&order=created_at.desc",
        "tip",
    ),
    its_client(
        "action_recommendations",
        "id,title,description,action_type,frequency,due_date,completed,completed_at,created_at,"
        "session:session_schedules(scheduled_at,practitioner:practitioners(name))",
        "client_id=eq.{me}&order=created_at.desc",
        "tip",
    ),
    everybody("cancellation_policy", "*", "is_active=eq.true", "where is_active", "single"),
    its_client("meditation_memories", "*", "user_id=eq.{me}", "memory"),
    everybody("practitioner_assignments", "*", "practitioner_id=eq.{mine}", "assigned"),
    everybody("practitioner_assignments", "client_id", "practitioner_id=eq.{mine}", "assigned"),
    everybody("practitioner_assignments", "id", "practitioner_id=eq.{mine}", "assigned"),
    everybody("practitioner_assignments", "id,client_id", "practitioner_id=eq.{mine}", "assigned"),
    everybody(
        "practitioner_availability",
        "*",
        "practitioner_id=eq.{mine}&order=day_of_week",
        "where practitioner_id = %(mine)s",
    ),
    Read("practitioner_banking", "*", "practitioner_id=eq.{mine}", "", "bank", "bank", "maybeSingle"),
    Read(
        "practitioner_contracts",
        "*",
        "practitioner_id=eq.{mine}&status=eq.pending&order=created_at.desc&limit=1",
        "",
        "contract",
        "contract",
        "maybeSingle",
    ),
    everybody("practitioners", "*", "available=eq.true&id=in.({mine},{other})", "host other"),
    its_client("practitioners", "id", "user_id=eq.{me}", "", "host", "maybeSingle"),
    everybody("practitioners", "id,created_at,available", "id=in.({mine},{other})", "host other"),
    everybody("practitioners", "id,name", "id=eq.{mine}", "host", "single"),
    everybody("products", "*", "is_active=eq.true&order=name", "where is_active"),
    everybody("products", "price_cad,price_usd", "is_active=eq.true&limit=1", "where is_active", "single"),
    Read("profiles", "id", "id=in.({client},{leader})", "client", "client leader", "client leader"),
    Read(
        "profiles",
        "id,full_name,email",
        "id=in.({client},{leader},{next})",
        "client",
        "client leader next",
        "client leader next",
    ),
    for_sale("*"),
    for_sale(f"*,{KIND}"),
    everybody("session_payments", "*", "practitioner_id=eq.{mine}", "paid"),
    everybody(
        "session_payments",
        "*,session:session_schedules(scheduled_at,duration_minutes)",
        "practitioner_id=eq.{mine}&created_at=gte.2000-01-01T00:00:00Z",
        "paid",
    ),
    its_client(
        "session_payments",
        f"id,total_amount,currency,status,created_at,{WHEN}",
        "client_id=eq.{me}&order=created_at.desc",
        "paid",
    ),
    its_client(
        "session_payments",
        f"id,total_amount,currency,status,created_at,stripe_payment_intent_id,{WHEN}",
        "client_id=eq.{me}&order=created_at.desc",
        "paid",
    ),
    everybody("session_payments", "practitioner_share", "practitioner_id=eq.{mine}", "paid"),
    everybody(
        "session_payments",
        "practitioner_share,status,created_at",
        "practitioner_id=eq.{mine}&status=eq.completed",
        "paid",
    ),
    everybody("session_payments", "total_amount", "practitioner_id=eq.{mine}&status=eq.completed", "paid"),
    everybody(
        "session_recordings",
        "id,recording_url,status",
        "session_id=eq.{held}&status=eq.completed",
        "recording",
        "maybeSingle",
    ),
    led(
        "*",
        "&status=in.(scheduled,in_progress)",
        f"{CLASSES} {COMING}",
        f"{CLASSES} {COMING} neighbour",
    ),
    its_client(
        SESSIONS,
        "*,practitioner:practitioners!session_schedules_practitioner_id_fkey"
        "(id,name,bio,specialization,avatar_url,user_id)",
        "id=eq.{booked}&client_id=eq.{me}",
        "booked",
        one="maybeSingle",
    ),
    everybody(
        SESSIONS,
        f"*,{NAME},{OTHER_FORM}(id,scheduled_at,{PLACE},{PLACES},{NAME})",
        MASTERS,
        CLASSES,
    ),
    its_client(
        SESSIONS,
        "*,practitioner:practitioners(name,avatar_url,user_id)",
        "client_id=eq.{me}&order=scheduled_at",
        OWN,
        CLASSES,
    ),
    led("client_id"),
    everybody(SESSIONS, f"id,{COUNTED},client_id,practitioner_id", "id=eq.{online}", "online", "single"),
    led("id,scheduled_at,client_id", "&status=eq.completed", "held", "held"),
    everybody(
        SESSIONS,
        f"id,scheduled_at,{COUNTED},client_id,practitioner_id,status",
        "id=eq.{online}",
        "online",
        "single",
    ),
    everybody(SESSIONS, f"id,scheduled_at,{COUNTED},{PLACE}", MASTERS, CLASSES),
    everybody(
        SESSIONS,
        f"id,scheduled_at,duration_minutes,{PLACES},{PLACE},class_name,status,"
        "practitioner:practitioners(id,name,bio,specialization,avatar_url)",
        f"status=neq.cancelled&session_location=eq.in_person&scheduled_at=gte.2000-01-01T00:00:00Z&{MASTERS}",
        "room",
    ),
    its_client(SESSIONS, f"{LINE},physical_location,session_location,{FACE}", UPCOMING, COMING, CLASSES),
    its_client(
        SESSIONS,
        f"{LINE},{PLACE},practitioner:practitioners(id,name,avatar_url)",
        "client_id=eq.{me}&status=eq.completed",
        "held",
    ),
    its_client(
        SESSIONS,
        f"{LINE},{PLACE},practitioner:practitioners(id,name,avatar_url,specialization)",
        UPCOMING,
        COMING,
        CLASSES,
    ),
    its_client(
        SESSIONS,
        f"{LINE},{PLACE},room_name,{PLACES},notes,class_name,practitioner:practitioners(name,avatar_url,user_id)",
        "client_id=eq.{me}&status=in.(scheduled,in_progress,completed)&order=scheduled_at",
        f"{COMING} held",
        CLASSES,
    ),
    everybody(
        SESSIONS,
        f"{LINE},{PLACE},room_name,notes,cancelled_at,client_id,practitioner_id",
        "id=eq.{left}&practitioner_id=eq.{mine}",
        "left",
        "maybeSingle",
    ),
    its_client(
        SESSIONS,
        f"{LINE},{PLACE},room_name,notes,practitioner:practitioners(id,name,avatar_url,bio)",
        "id=eq.{seat}&client_id=eq.{me}",
        "seat",
        one="maybeSingle",
    ),
    its_client(SESSIONS, f"{LINE},session_location,{NAME}", UPCOMING, COMING, CLASSES),
    its_client(SESSIONS, f"{LINE},session_location,{FACE}", "client_id=eq.{me}&status=eq.cancelled", "left"),
    everybody(SESSIONS, f"id,scheduled_at,{PLACES}", "id=eq.{room}", "room", "single"),
    everybody(SESSIONS, f"id,scheduled_at,{PLACES},session_location,status", MASTERS, CLASSES),
    led(f"id,scheduled_at,{NAME},client_id"),
    everybody(
        SESSIONS,
        f"id,scheduled_at,{PLACE},correlated_session_id,{OTHER_FORM}(id,scheduled_at,{PLACE})",
        "id=eq.{room}",
        "room",
        "single",
    ),
    led("id,scheduled_at,status"),
    its_client(
        SESSIONS, f"id,scheduled_at,status,session_location,{NAME}", "client_id=eq.{me}", OWN, CLASSES
    ),
    everybody(SESSIONS, "id,session_location", "id=in.({online},{room})", "online room"),
    its_client(SESSIONS, "id,status,scheduled_at", "client_id=eq.{me}", OWN, CLASSES),
    led("scheduled_at,duration_minutes", "&status=eq.completed", "held", "held"),
    led(
        f"scheduled_at,duration_minutes,{PLACES}",
        "&status=neq.cancelled&scheduled_at=gte.2000-01-01T00:00:00Z&scheduled_at=lt.2100-01-01T00:00:00Z",
        f"{CLASSES} {COMING} held",
        f"{CLASSES} {COMING} held neighbour",
    ),
    its_client(SESSIONS, f"scheduled_at,{NAME}", "id=eq.{held}&client_id=eq.{me}", "held", one="maybeSingle"),
    everybody("session_types", "*", "is_active=eq.true&order=duration_minutes", "where is_active"),
    everybody(
        "session_types",
        "id",
        "duration_minutes=eq.45&session_type=eq.standing&is_group=eq.false&is_active=eq.true",
        "where is_active and (duration_minutes, session_type, is_group) = (45, 'standing', false)",
        "single",
    ),
    everybody("studio_locations", "*", "is_active=eq.true&order=name", "where is_active"),
    everybody("user_notifications", "*", "user_id=eq.{me}&order=created_at.desc", "where user_id = %(me)s"),
    its_client("user_preferences", "currency,country", "user_id=eq.{me}", "preferences", one="maybeSingle"),
    everybody("user_roles", "*", "user_id=eq.{me}", "where user_id = %(me)s"),
    everybody("user_roles", "role", "user_id=eq.{me}", "where user_id = %(me)s"),
    Read("user_roles", "user_id", "role=eq.practitioner&user_id=eq.{leader}", "", "role", "role"),
    its_client(
        "user_session_credits",
        "grace_cancellation_used",
        "user_id=eq.{me}&grace_cancellation_used=eq.false",
        "credits package",
    ),
    its_client(
        "user_session_credits",
        "id,credits_remaining",
        f"{UNSPENT}&session_type_id=is.null&limit=1",
        "credits",
        one="maybeSingle",
    ),
    its_client(
        "user_session_credits",
        "id,credits_remaining,session_type_id",
        f"{UNSPENT}&order=purchased_at",
        "credits package",
    ),
    its_client(
        "user_session_credits",
        "id,credits_remaining,session_type_id,package_id,purchased_at,"
        "session_type:session_types(id,name,duration_minutes,session_type,is_group,price_cad,price_usd),"
        "package:session_packages(id,name,session_count,price_cad,price_usd)",
        UNSPENT,
        "credits package",
    ),
    its_client(
        "user_session_credits",
        "id,package_id,credits_remaining,purchased_at,metadata,"
        "package:session_packages(id,name,session_count,price_usd,price_cad)",
        "user_id=eq.{me}&package_id=not.is.null",
        "package",
    ),
    everybody("waiver_policy", "*", "is_active=eq.true", "where is_active", "single"),
    everybody("waiver_policy", "version", "is_active=eq.true", "where is_active", "single"),
]
