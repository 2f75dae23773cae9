"""The clock, as an installation has it: Cloud Scheduler, CronJobs (beside their service), or the database's own.

All of them call by POST with the secret key and an empty body. That two clocks run at once does no harm: what is due is
claimed in the database.
"""

from collections.abc import Sequence

from deploy.environment import Environment, Google, Target
from deploy.functions import Function, functions
from deploy.services import CLOCK, Service, port_of

VAULT_NAME = "functions_scheduler_key"
PATIENCE_S = 10  # so that the function says itself that its time is over
LONGEST_ATTEMPT_S = 1800  # of Cloud Scheduler


def files(target: Target, services: list[Service], environment: Environment) -> dict[str, str]:
    """Nothing where nothing is scheduled, or brings its own clock: a CronJob beside a Deployment, the one container."""
    scheduled = [function for each in services for function in each.functions if function.schedule]
    if environment.scheduler == "database":
        return {"scheduler.sql": database(scheduled, environment)} if scheduled else {}
    if target == "kubernetes" or not any(each.schedule for each in services):
        return {}
    if target == "cloud-run":
        return {"scheduler.sh": cloud_scheduler(scheduled, environment.part(target))}
    return {"crontab": crontab(services)}


def cloud_scheduler(scheduled: Sequence[Function], google: Google) -> str:
    """A job for each; it fails when the function did, so that Google's own log and alerts know."""
    jobs = [
        f"job {each.name} '{each.schedule}' {min(each.timeout + PATIENCE_S, LONGEST_ATTEMPT_S)}s"
        for each in scheduled
    ]
    return (
        f"""\
#!/bin/sh
# Cloud Scheduler's jobs. Can be run again; after a new secret key it has to be. Who may read jobs may read the key.
set -eu
export CLOUDSDK_CORE_PROJECT={google.project}
key=$(gcloud secrets versions access latest --secret supabase-secret-key | cut -d, -f1)
job() {{
  verb=create headers=--headers
  if gcloud scheduler jobs describe "$1" --location {google.region} >/dev/null 2>&1; then
    verb=update headers=--update-headers
  fi
  gcloud scheduler jobs "$verb" http "$1" --location {google.region} --schedule "$2" --time-zone Etc/UTC \\
    --uri "https://$1-{google.number}.{google.region}.run.app/functions/v1/$1" --http-method POST \\
    --message-body '{{}}' "$headers" "apikey=$key,Content-Type=application/json" \\
    --attempt-deadline "$3" --max-retry-attempts 0
}}
"""
        + "\n".join(jobs)
        + "\n"
    )


def crontab(services: list[Service]) -> str:
    """For one machine with a service for each function, by way of the gateway, which knows where each is.

    `crontab crontab` installs it; the key is in a file.
    """
    lines = [
        f"{each.schedule} curl -fsS -m {each.timeout + PATIENCE_S} -X POST -d '{{}}'"
        f" -H @/etc/functions/scheduler.headers http://127.0.0.1:{port_of(CLOCK)}/functions/v1/{each.name}"
        f" | logger -t {each.name}"
        for each in services
        if each.schedule
    ]
    head = (
        "# /etc/functions/scheduler.headers (mode 0600) has two lines: `apikey: <the secret key>` and"
        " `content-type: application/json`.\nCRON_TZ=Etc/UTC\n"
    )
    return head + "\n".join(lines) + "\n"


def database(scheduled: Sequence[Function], environment: Environment) -> str:
    """pg_cron and pg_net, for a hosted project. Nobody hears whether a call succeeded: `status` tells."""
    # Names and times are deploy.yaml's, which take small letters, digits and a few signs: nothing to escape.
    rows = ",\n".join(
        f"    ('{each.name}', '{each.schedule}', {(each.timeout + PATIENCE_S) * 1000})" for each in scheduled
    )
    known = ", ".join(f"'{each.name}'" for each in functions().values())
    return f"""\
-- The database's own clock: pg_cron calls the functions through pg_net. Run as postgres; it can be run again.
-- First the key, once, in Vault (a new one: vault.update_secret):
--   select vault.create_secret('sb_secret_…', '{VAULT_NAME}');
-- pg_net tells nobody how a call ended: net._http_response keeps it for hours; `status` says which function is late.

create extension if not exists pg_cron;
create extension if not exists pg_net;

do $$
begin
  if not exists (select from vault.decrypted_secrets where name = '{VAULT_NAME}') then
    raise exception 'Vault has no {VAULT_NAME}: see the head of this file.';
  end if;
end $$;

-- What is not scheduled any more, of our own names alone.
select cron.unschedule(jobname) from cron.job
 where jobname in ({known})
   and jobname not in ({", ".join(f"'{each.name}'" for each in scheduled) or "''"});

-- The key is read at each call, so that it stands in no job; and each call is waited for as long as the function has.
select cron.schedule(
         name,
         schedule,
         format(
           $call$select net.http_post(
             url := %L,
             body := '{{}}'::jsonb,
             headers := jsonb_build_object(
               'content-type', 'application/json',
               'apikey', (select split_part(decrypted_secret, ',', 1) from vault.decrypted_secrets
                           where name = '{VAULT_NAME}')),
             timeout_milliseconds := %s)$call$,
           '{environment.origin}/functions/v1/' || name,
           milliseconds))
  from (values
{rows}
  ) as scheduled (name, schedule, milliseconds);
"""
