"""Cloud Run: a Knative service for each, as `gcloud run services replace` takes it, and who may read which secret."""

from typing import Any

from deploy import names
from deploy.environment import Environment, Google
from deploy.services import PORT, Service, startable

from .text import dump

READER = "roles/secretmanager.secretAccessor"
PROBE = {"httpGet": {"path": "/healthz", "port": PORT}, "timeoutSeconds": 2}


def files(services: list[Service], environment: Environment) -> dict[str, str]:
    """The files of this platform alone; the others are common to all."""
    google: Google = environment.part("cloud-run")
    found = {f"services/{each.name}.yaml": dump(service(each, google)) for each in services}
    found |= {f"secrets/{name}.yaml": dump(readers(name, services, google)) for name in secrets(services)}
    found["accounts.sh"] = accounts(services, environment)
    return found


def secrets(services: list[Service]) -> list[str]:
    """Every secret that a service has, by its variable."""
    return list(dict.fromkeys(name for each in services for name in each.secrets))


def member(name: str, google: Google) -> str:
    """A service's account, by its address."""
    return f"{names.account(name)}@{google.project}.iam.gserviceaccount.com"


def service(each: Service, google: Google) -> dict[str, Any]:
    """The manifest of one service."""
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": each.name,
            "labels": {"cloud.googleapis.com/location": google.region},
            "annotations": {
                "run.googleapis.com/description": each.summary,
                # Cloud Scheduler of the same project counts as internal.
                "run.googleapis.com/ingress": "internal-and-cloud-load-balancing"
                if each.is_open
                else "internal",
                # Functions know their callers themselves, by Supabase's tokens and keys.
                "run.googleapis.com/invoker-iam-disabled": "true",
            },
        },
        "spec": {
            "template": {
                "metadata": {
                    "labels": {"settings": each.fingerprint},
                    "annotations": {
                        # A clock inside needs an instance that is always there, and a CPU between requests.
                        "autoscaling.knative.dev/minScale": "1" if "SCHEDULER" in each.env else "0",
                        "run.googleapis.com/cpu-throttling": "false" if "SCHEDULER" in each.env else "true",
                        "autoscaling.knative.dev/maxScale": str(each.instances),
                        "run.googleapis.com/startup-cpu-boost": "true",
                        # The second generation begins at 512 MiB.
                        "run.googleapis.com/execution-environment": "gen1"
                        if _mebibytes(each) < 512
                        else "gen2",
                    },
                },
                "spec": {
                    "containerConcurrency": each.concurrency,
                    "timeoutSeconds": each.timeout,
                    "serviceAccountName": member(each.name, google),
                    "containers": [
                        {
                            "image": each.image,
                            "ports": [{"name": "http1", "containerPort": PORT}],
                            "resources": {"limits": {"cpu": f"{each.cpu:g}", "memory": each.memory}},
                            "env": [
                                *({"name": name, "value": value} for name, value in each.env.items()),
                                *(_reference(name) for name in each.secrets),
                            ],
                            "startupProbe": PROBE | {"periodSeconds": 2, "failureThreshold": 30},
                            "livenessProbe": PROBE | {"periodSeconds": 30, "failureThreshold": 3},
                        }
                    ],
                },
            },
            "traffic": [{"percent": 100, "latestRevision": True}],
        },
    }


def _mebibytes(each: Service) -> int:
    return int(each.memory.removesuffix("Mi"))


def _reference(variable: str) -> dict[str, Any]:
    return {
        "name": variable,
        "valueFrom": {"secretKeyRef": {"name": names.secret(variable), "key": "latest"}},
    }


def readers(variable: str, services: list[Service], google: Google) -> dict[str, Any]:
    """The whole policy of one secret: who reads it. What is not in it may not."""
    holders = [f"serviceAccount:{member(each.name, google)}" for each in services if variable in each.secrets]
    return {"bindings": [{"role": READER, "members": sorted(holders)}]}


def accounts(services: list[Service], environment: Environment) -> str:
    """What makes an account for each service, and lets it read its own secrets alone. It can be run again."""
    google: Google = environment.part("cloud-run")
    rendered = {function for each in services for function in each.functions}
    every = rendered >= {*startable(environment, "cloud-run")}
    lines = [
        "#!/bin/sh",
        "# A service account for each service, without a role in the project; secrets/*.yaml say what it reads.",
        "# Can be run again. First the secrets (secrets.sh), then this, then the services.",
        "set -eu",
        f"project={google.project}",
        "export CLOUDSDK_CORE_PROJECT=$project",
        "account() {",
        '  gcloud iam service-accounts describe "$1@$project.iam.gserviceaccount.com" >/dev/null 2>&1 ||',
        '    gcloud iam service-accounts create "$1" --display-name "$2"',
        "}",
        *(f"account {names.account(each.name)} {each.name}" for each in services),
        *(_policy(services) if every else _additions(services, google)),
    ]
    return "\n".join(lines) + "\n"


def _policy(services: list[Service]) -> list[str]:
    """Of all functions: what another could read until now, it can not any more."""
    return [
        f"gcloud secrets set-iam-policy {names.secret(name)} secrets/{name}.yaml --quiet"
        for name in secrets(services)
    ]


def _additions(services: list[Service], google: Google) -> list[str]:
    """Of some: the others keep what they may read."""
    return [
        f"gcloud secrets add-iam-policy-binding {names.secret(name)} --condition None --role {READER}"
        f" --member serviceAccount:{member(each.name, google)}"
        for each in services
        for name in each.secrets
    ]
