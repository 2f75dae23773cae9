"""The secrets of an installation: what each is, how it is made, who holds it, and the commands that bring it there.

A value is read from the environment of whoever runs the commands, and stands in no file and no command line.
"""

from deploy import names
from deploy.environment import Environment, Target
from deploy.services import Service

from .text import table

HOW = {
    "SUPABASE_SECRET_KEY": "Supabase, Project settings, API keys: a secret key of its own for the functions",
    "SUPABASE_JWT_SECRET": "Supabase, Project settings, JWT keys; for functions that verify, where HS256 still is",
    "STRIPE_SECRET_KEY": "Stripe, Developers, API keys: a restricted key that may write checkout sessions and refunds",
    "STRIPE_WEBHOOK_SECRET": "Stripe, Developers, Webhooks: shown when the endpoint is added",
    "AGORA_APP_CERTIFICATE": "Agora's console, the project's primary certificate",
    "AGORA_CUSTOMER_ID": "Agora's console, RESTful API: a key pair of its own",
    "AGORA_CUSTOMER_SECRET": "with AGORA_CUSTOMER_ID, shown once",
    "AGORA_WEBHOOK_SECRET": "Agora's console, Notifications of cloud recording",
    "AGORA_CHANNEL_WEBHOOK_SECRET": "Agora's console, Notifications of channel events",
    "RECORDING_S3_ACCESS_KEY": "the storage provider: a key that may read, write and delete in the bucket alone",
    "RECORDING_S3_SECRET_KEY": "with RECORDING_S3_ACCESS_KEY",
    "BANKING_KEYS": "made here: `python -c 'from local.config import new_banking_keys as k; print(k())'`",
    "BANKING_SEALING_KEY": "made with BANKING_KEYS, and BANKING_SEALING_PUBLIC_KEY with it",
    "POSTMARK_SERVER_TOKEN": "Postmark, the server, API tokens",
    "POSTMARK_API_KEY": "an older name of POSTMARK_SERVER_TOKEN",
    "STATUS_KEY": "made here: `openssl rand -hex 32`; the monitor shows it as the password of any name",
    "SMTP_URL": "instead of Postmark: smtps://user:password@host:465",
}


def files(target: Target, services: list[Service], environment: Environment) -> dict[str, str]:
    """A table to read, and the commands."""
    holders = {
        name: [each.name for each in services if name in each.secrets]
        for name in environment.secrets
        if any(name in each.secrets for each in services)
    }
    if not holders:
        return {}
    rows = [
        (f"`{name}`", f"`{names.secret(name)}`", HOW[name], ", ".join(who)) for name, who in holders.items()
    ]
    made = "# Secrets\n\nSet each variable in your shell (`read -rs NAME; export NAME`), then `sh secrets.sh`.\n\n"
    return {
        "secrets.md": made + table(("variable", "secret", "where it comes from", "who holds it"), rows),
        "secrets.sh": commands(target, list(holders), environment),
    }


def commands(target: Target, variables: list[str], environment: Environment) -> str:
    """What brings them there, from the environment of whoever runs it. Those that are not set stay as they are."""
    head = f"""\
#!/bin/sh
# Brings the secrets that are set in your environment to where the services find them; the others stay as they are.
set -eu
{_store(target, environment)}
secret() {{
  eval "value=\\${{$1:-}}"
  if [ -z "$value" ]; then echo "$2 stays: $1 is not set here"; return; fi
  printf %s "$value" | store "$2"
  echo "$2 is set"
}}
"""
    return head + "".join(f"secret {name} {names.secret(name)}\n" for name in variables)


def _store(target: Target, environment: Environment) -> str:
    if target == "cloud-run":
        project = environment.part(target).project
        return f"""\
export CLOUDSDK_CORE_PROJECT={project}
store() {{
  gcloud secrets describe "$1" >/dev/null 2>&1 || gcloud secrets create "$1" --replication-policy automatic
  gcloud secrets versions add "$1" --data-file=-
}}"""
    if target == "kubernetes":
        namespace = environment.part(target).namespace
        return f"""\
store() {{
  kubectl create secret generic "$1" --namespace {namespace} --from-file value=/dev/stdin \\
    --dry-run=client --output yaml | kubectl apply --namespace {namespace} --filename -
}}"""
    return """\
store() {
  ${PODMAN:-podman} secret rm "$1" >/dev/null 2>&1 || true
  ${PODMAN:-podman} secret create "$1" - >/dev/null
}"""
