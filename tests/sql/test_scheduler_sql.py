"""The database's own clock: the rendered SQL is run, with stand-ins for pg_cron, pg_net and Vault, and its jobs too."""

import re
from typing import Any

import psycopg
import pytest

from deploy import environment as environments
from deploy.functions import functions
from deploy.render.scheduler import VAULT_NAME, database

from .conftest import Sandbox

# The signatures of pg_cron 1.6, pg_net 0.19 and Vault, as far as they are used.
EXTENSIONS = """
create schema cron;
create table cron.job (jobid bigint generated always as identity, jobname text unique, schedule text, command text);
create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
  insert into cron.job (jobname, schedule, command) values ($1, $2, $3)
  on conflict (jobname) do update set schedule = excluded.schedule, command = excluded.command returning jobid $$;
create function cron.unschedule(job_name text) returns boolean language sql as $$
  with gone as (delete from cron.job j where j.jobname = $1 returning 1) select exists (select from gone) $$;
create schema net;
create table net.asked (url text, body jsonb, headers jsonb, milliseconds int);
create function net.http_post(url text, body jsonb default '{}', params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds int default 5000)
  returns bigint language sql as $$ insert into net.asked values ($1, $2, $4, $5) returning 1::bigint $$;
create schema vault;
create table vault.decrypted_secrets (name text, decrypted_secret text);
"""


@pytest.fixture
def script() -> str:
    """As it is rendered, but for the extensions, which no embedded PostgreSQL has."""
    scheduled = [each for each in functions().values() if each.schedule]
    return re.sub("create extension.*;", "", database(scheduled, environments.read("staging")))


def run(sandbox: Sandbox, script: str) -> None:
    """All its statements."""
    sandbox._connection.execute(script.encode())


def jobs(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """What is scheduled, by name."""
    return {row["jobname"]: row for row in sandbox.run("select jobname, schedule, command from cron.job")}


def test_each_scheduled_function_is_a_job(sandbox: Sandbox, script: str) -> None:
    """Run twice, it is the same; what is not scheduled any more is gone, and what is not ours stays."""
    run(sandbox, EXTENSIONS)
    sandbox.run("insert into vault.decrypted_secrets values (%s, 'sb_secret_new,sb_secret_old')", VAULT_NAME)
    sandbox.run(
        "insert into cron.job (jobname, schedule, command) values ('cancel-session', '* * * * *', '')"
    )
    sandbox.run(
        "insert into cron.job (jobname, schedule, command) values ('of-the-project', '* * * * *', '')"
    )

    run(sandbox, script)
    run(sandbox, script)

    expected = {each.name: each.schedule for each in functions().values() if each.schedule}
    assert expected | {"of-the-project": "* * * * *"} == {
        name: job["schedule"] for name, job in jobs(sandbox).items()
    }


def test_a_job_calls_its_function_with_the_key_of_the_moment(sandbox: Sandbox, script: str) -> None:
    """It stands in no job; and the call is waited for longer than the function may take."""
    run(sandbox, EXTENSIONS)
    sandbox.run("insert into vault.decrypted_secrets values (%s, 'sb_secret_new,sb_secret_old')", VAULT_NAME)
    run(sandbox, script)

    for name, job in jobs(sandbox).items():
        sandbox.run(job["command"])
        (asked,) = sandbox.run("delete from net.asked returning *")
        assert "sb_secret" not in job["command"]
        assert f"https://api.staging.example.com/functions/v1/{name}" == asked["url"]
        assert ({}, "sb_secret_new") == (asked["body"], asked["headers"]["apikey"])
        assert asked["milliseconds"] > functions()[name].timeout * 1000


def test_without_the_key_nothing_is_scheduled(sandbox: Sandbox, script: str) -> None:
    """Jobs that nobody lets in would fail every minute in silence."""
    run(sandbox, EXTENSIONS)

    with pytest.raises(psycopg.errors.RaiseException, match=f"Vault has no {VAULT_NAME}"):
        run(sandbox, script)
