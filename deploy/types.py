"""docs/api/*.types.ts: the database and the functions, as supabase-js and TypeScript understand them.

Both are made by tools of others, from what is there: the migrations, and docs/api/openapi.json.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from local.config import NODE
from local.node import NODE_BINARY, environment
from sql.throwaway import server

from . import openapi

DATABASE = openapi.DOCUMENT.with_name("database.types.ts")
FUNCTIONS = openapi.DOCUMENT.with_name("functions.types.ts")
SUPABASE = NODE / "node_modules" / "supabase" / "dist" / "supabase.js"
OPENAPI = NODE / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
COMMENTS = """
    select json_build_object(
      'tables', (
        select json_object_agg(c.relname, json_build_array(obj_description(c.oid, 'pg_class'), (
                 select json_object_agg(a.attname, col_description(c.oid, a.attnum))
                   from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)))
          from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')),
      'functions', (
        select json_object_agg(p.proname, obj_description(p.oid, 'pg_proc'))
          from pg_proc p where p.pronamespace = 'public'::regnamespace))
"""
# What `functions.invoke` takes and gives, by the function's name.
BY_NAME = """
/** The name of a function, as `supabase.functions.invoke` takes it. */
export type FunctionName = keyof paths extends `/${infer Name}` ? Name : never;
type Asked<Name extends FunctionName> = paths[`/${Name}`] extends { post: infer Operation } ? Operation : never;
/** What a function is given: `body` of `invoke`. */
export type FunctionBody<Name extends FunctionName> =
    Asked<Name> extends { requestBody?: { content: { "application/json": infer Body } } } ? Body : undefined;
/** What it gives: `data` of `invoke`, where there was no error. */
export type FunctionReply<Name extends FunctionName> =
    Asked<Name> extends { responses: { 200: { content: { "application/json": infer Reply } } } } ? Reply : Blob;
/** What it says where it refuses: `await error.context.json()` of `invoke`. */
export type FunctionRefusal = components["schemas"]["Refusal"];
"""


def write() -> None:
    """Write both."""
    DATABASE.write_text(database_types())
    FUNCTIONS.write_text(functions_types())


def database_types() -> str:
    """Tables, views and RPCs with their columns, and what the catalogue says of each."""
    with server() as postgres, tempfile.TemporaryDirectory() as home:
        url = postgres.build("typed")
        with psycopg.connect(url) as connection:
            comments: Any = connection.execute(COMMENTS).fetchone()
        types = _run(
            [SUPABASE, "gen", "types", "--lang", "typescript", "--schema", "public", "--db-url", url],
            HOME=home,
            SUPABASE_TELEMETRY_DISABLED="1",
            NO_COLOR="1",
        )
    said = json.dumps({"types": types, "comments": comments[0]})
    return _run([Path(__file__).with_suffix(".mjs")], said)


def functions_types() -> str:
    """What each function takes and gives."""
    # What has a default may be left out of a body.
    return _run([OPENAPI, openapi.DOCUMENT, "--default-non-nullable=false"]) + BY_NAME


def _run(words: list[Path | str], said: str = "", **env: str) -> str:
    command = [str(word) for word in (NODE_BINARY, *words)]
    done = subprocess.run(
        command, cwd=NODE, env=environment(**env), input=said, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[1]} ended with {done.returncode}: {done.stderr}")
    return done.stdout
