"""Which statements of the chapters add to the platform as it is, and which take something from what is in use there.

A statement closes when it narrows a right, or changes what happens to a row, of a table, function or account that was
there before: policies, grants, triggers, constraints and rows of the baseline's tables, replaced and dropped functions.
Those are collected in the closing files, pushed when the functions have been switched. Everything else adds.

The rule reads the statement, not a list of chapters, so that a chapter written tomorrow is divided rightly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .statements import bare, parts, statements
from .throwaway import BASELINE

_BASELINE = BASELINE.read_text()
TABLES = frozenset(re.findall(r"^create table (public\.\w+)", _BASELINE, re.MULTILINE)) | {"auth.users"}
# What the platform in use today has beside the baseline under a name of ours, and calls.
LATER_FUNCTIONS = frozenset({"public.increment_group_class_participants"})
FUNCTIONS = (
    frozenset(re.findall(r"^create function (public\.\w+)", _BASELINE, re.MULTILINE)) | LATER_FUNCTIONS
)
# What both have, and we make anew: old pages and functions write it as before until the closing files.
MADE_ANEW = frozenset(
    f"public.{name}"
    for name in (
        "action_recommendations",
        "cancellation_policy",
        "email_logs",
        "liability_waivers",
        "practitioner_banking",
        "practitioner_contracts",
        "profiles",
        "session_cancellations",
        "session_recordings",
        "studio_locations",
        "user_notifications",
        "waiver_policy",
    )
)
# They take the place of one that the platform has, in the transaction that makes profiles.
AT_ONCE = frozenset({"users_create_profile", "users_update_profile"})

RULES, RIGHTS = "rules", "rights"

NAME = r'(?:"[^"]+"|[\w.]+)'
ALTER_TABLE = re.compile(r"alter table (?:only )?([\w.]+) (.*);", re.IGNORECASE | re.DOTALL)
ON_TABLE = re.compile(
    rf"(create policy|drop policy|create (?:constraint )?trigger|drop trigger|create unique index) (?:if exists )?"
    rf"({NAME}).*? on ([\w.]+)",
    re.IGNORECASE,
)
GRANT = re.compile(
    r"(grant|revoke) (.+?) on (?:table |(function|all routines) )?(.+?) (to|from) (.+);", re.IGNORECASE
)
ROWS = re.compile(r"(?:insert into|update|delete from) (?:only )?([\w.]+)", re.IGNORECASE)
READS = re.compile(r"\b(?:from|join) ([\w.]+)", re.IGNORECASE)
FUNCTION = re.compile(
    r"(?:create (?:or replace )?|alter |drop |comment on )function (?:if exists )?([\w.]+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Part:
    """A statement, or those of its parts that go one way; `closes` says whether it closes rules or rights."""

    text: str
    closes: str | None
    # Rights of a table that is made anew: it has them from its first line, and again when what pages of before had is
    # taken from them.
    is_said_twice: bool = False
    # What follows from a row of a table that is made anew calls what later chapters make: it waits for them, and rows
    # that old pages write meanwhile have no consequences.
    is_late: bool = False

    @property
    def adds(self) -> bool:
        """Whether it stands in a file that adds."""
        return (self.closes is None or self.is_said_twice) and not self.is_late


def divide(text: str) -> Iterator[Part]:
    """Each statement of a chapter, in order, or its parts."""
    for statement in statements(text):
        line = bare(statement)
        if not line:
            continue  # nothing but a comment
        if found := ALTER_TABLE.fullmatch(line):
            yield from _divide_alter(statement, *found.groups())
        elif found := GRANT.fullmatch(line):
            yield from _divide_grant(statement, *found.groups())
        else:
            yield Part(_forgiving(statement), _closes(line), is_late=_is_consequence(line))


def _is_consequence(line: str) -> bool:
    found = re.match(r"create (?:constraint )?trigger \w+ after .*? on ([\w.]+)", line)
    return bool(found and found[1] in MADE_ANEW)


def _closes(line: str) -> str | None:
    head = line.lower()
    if found := ON_TABLE.match(line):
        kind, name, table = found.groups()
        if table not in TABLES or name in AT_ONCE:
            return None
        return RIGHTS if "policy" in kind.lower() else RULES
    if found := FUNCTION.match(line):
        return RIGHTS if found[1] in FUNCTIONS else None
    if head.startswith(("do ", "select ", "set constraints")):
        return RULES
    if head.startswith(("insert ", "update ", "delete ", "with ")):
        written, read = set(ROWS.findall(line)), set(READS.findall(line))
        return RULES if (written | read) & (TABLES - {"auth.users"}) else None
    return None


def _divide_alter(statement: str, table: str, actions: str) -> Iterator[Part]:
    """A column is added at once, all else of a table that was there closes."""
    if table not in TABLES:
        yield Part(statement, None)
        return
    comments = statement[: statement.lower().index("alter table")]
    added: list[str] = []
    closed: list[str] = []
    for action in parts(actions):
        (added if action.lower().startswith("add column") else closed).append(action)
    if added:
        yield Part(_alter(comments, table, added), None)
    if closed:
        yield Part(_alter("" if added else comments, table, [_unchecked(action) for action in closed]), RULES)


def _alter(comments: str, table: str, actions: list[str]) -> str:
    return f"{comments}alter table {table}\n  " + ",\n  ".join(actions) + ";"


def _unchecked(action: str) -> str:
    """What pages wrote until now may break a rule: it holds from now on, and is validated at the end."""
    action = re.sub(r"^drop constraint (?!if)", "drop constraint if exists ", action, flags=re.IGNORECASE)
    is_check = re.match(r"add constraint \w+ check\b", action, re.IGNORECASE)
    return f"{action} not valid" if is_check and not action.lower().endswith("not valid") else action


def _divide_grant(
    statement: str, verb: str, rights: str, kind: str | None, things: str, way: str, roles: str
) -> Iterator[Part]:
    """Of several tables or functions, those that were there close and the others do not."""
    if kind == "all routines":
        # The schema's own are closed from the start; of public's, those that were there.
        yield Part(statement, None) if "schema private" in things else Part(_OLD_ROUTINES, RIGHTS)
        return
    known = FUNCTIONS if kind else TABLES
    named = parts(things)
    if not kind and set(named) & MADE_ANEW:
        yield Part(statement, RIGHTS, is_said_twice=True)
        return
    closed = [thing for thing in named if thing.split("(")[0] in known]
    if not closed:
        yield Part(statement, None)
        return
    if added := [thing for thing in named if thing not in closed]:
        yield Part(f"{verb} {rights} on {f'{kind} ' if kind else ''}{', '.join(added)} {way} {roles};", None)
        statement = f"{verb} {rights} on {f'{kind} ' if kind else ''}{', '.join(closed)} {way} {roles};"
    yield Part(statement, RIGHTS)


def _forgiving(statement: str) -> str:
    """What a database lacks need not be dropped."""
    return re.sub(
        r"^(drop (?:policy|trigger|function)) (?!if exists)",
        r"\1 if exists ",
        statement,
        flags=re.MULTILINE | re.IGNORECASE,
    )


# The routines that were there when the first of these files came (sql/adoption/helpers.sql).
_OLD_ROUTINES = "call legacy.close_routines();"
