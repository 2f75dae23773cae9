"""One machine: compose.yaml, for `docker compose` and `podman compose`; `apply` drives podman itself with the same.

The gateway is on the host's network: behind a bridge it would see the bridge's address in place of the caller's.
"""

from typing import Any

from deploy.environment import Environment
from deploy.services import PORT, Service

from .routes import caddyfile
from .text import dump

HEALTH = f"import urllib.request as w; w.urlopen('http://127.0.0.1:{PORT}/healthz', timeout=2)"


def files(services: list[Service], environment: Environment) -> dict[str, str]:
    """The files of this platform alone."""
    return {
        "compose.yaml": dump(document(services, environment)),
        "Caddyfile": caddyfile(services, environment),
    }


def document(services: list[Service], environment: Environment) -> dict[str, Any]:
    """Secrets come from the environment of whoever starts it, each to the services that hold it."""
    gateway = {
        # A tag can move: name the image by its digest.
        "image": "${CADDY_IMAGE:?the image of Caddy 2, by its digest}",
        "network_mode": "host",
        **({"environment": {"FORWARDER_KEY": "${FORWARDER_KEY:?}"}} if environment.hosted_origin else {}),
        "restart": "unless-stopped",
        "read_only": True,
        "volumes": ["./Caddyfile:/etc/caddy/Caddyfile:ro", "caddy:/data"],
        "tmpfs": ["/config"],
        "cap_drop": ["ALL"],
        "cap_add": ["NET_BIND_SERVICE"],
    }
    return {
        "name": environment.name,
        "services": {"gateway": gateway} | {each.name: service(each) for each in services},
        "volumes": {"caddy": {}},
    }


def service(each: Service) -> dict[str, Any]:
    """One service."""
    return {
        "image": each.image,
        "restart": "unless-stopped",
        "init": False,
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108 - the container's own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": each.memory.removesuffix("Mi") + "m",
        "cpus": each.cpu,
        "pids_limit": 512,
        "stop_grace_period": "15s",
        "ports": [f"127.0.0.1:{each.port}:{PORT}"],
        "environment": {name: value.replace("$", "$$") for name, value in each.env.items()}
        | {name: f"${{{name}:?}}" for name in each.secrets},
        "labels": {"settings": each.fingerprint},
        "healthcheck": {
            "test": ["CMD", "python", "-c", HEALTH],
            "interval": "10s",
            "timeout": "3s",
            "retries": 3,
            "start_period": "30s",
        },
        "logging": {"options": {"max-size": "50m", "max-file": "5"}},
    }
