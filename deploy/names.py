"""What things are called where they are deployed. Names that a platform forbids are mapped here and nowhere else.

A variable is SUPABASE_SECRET_KEY in the code; its secret is `supabase-secret-key` on every platform, because Kubernetes
takes no other form. A function keeps its wire name, but for Google's service accounts, which end after 30 characters.
"""

import hashlib
import re

# What each platform takes, for the test that holds every name against it.
RULES = {
    "Cloud Run service": re.compile(r"[a-z](?:[-a-z0-9]{0,47}[a-z0-9])?"),
    "Google service account": re.compile(r"[a-z][-a-z0-9]{4,28}[a-z0-9]"),
    "Kubernetes Service": re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"),
    "Kubernetes CronJob": re.compile(r"[a-z0-9](?:[-a-z0-9]{0,50}[a-z0-9])?"),
    "Kubernetes Secret": re.compile(r"[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?"),
    "Secret Manager secret": re.compile(r"[a-zA-Z0-9_-]{1,255}"),
    "Podman container": re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*"),
}
ACCOUNT_LIMIT = 30


def secret(variable: str) -> str:
    """The secret that a variable is filled from."""
    return variable.lower().replace("_", "-")


def account(service: str) -> str:
    """The service account of a service at Google; a longer name is cut, and told apart by its hash."""
    name = f"run-{service}"
    if len(name) <= ACCOUNT_LIMIT:
        return name
    mark = hashlib.sha256(service.encode()).hexdigest()[:5]
    return f"{name[: ACCOUNT_LIMIT - 6].rstrip('-')}-{mark}"
