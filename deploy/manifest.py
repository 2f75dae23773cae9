"""A Knative service for each function, in the form that `gcloud run services replace` takes.

Settings are copied from the environment, secrets are only referred to, each as the secret of its own name. An
optional one stands in the manifest if it is set here. FUNCTION_IMAGES says where the built images are; the tag
is always `latest`, because whoever rolls out pins the digest.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from .functions import Function, chosen


def write(names: Sequence[str]) -> None:
    """Print the manifests of the named functions, or of all."""
    images = os.environ.get("FUNCTION_IMAGES", "")
    if not images:
        raise SystemExit("FUNCTION_IMAGES is not set: the repository that the images are pushed to.")
    print(
        yaml.safe_dump_all((service(each, images, os.environ) for each in chosen(names)), sort_keys=False),
        end="",
    )


def service(function: Function, images: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The manifest of one function. Exits naming every required setting that is not in the environment."""
    required = function.required()
    missing = [name for name in function.env if name in required and not environment.get(name)]
    if missing:
        raise SystemExit(f"{function.name}: {', '.join(missing)} not set.")
    plain = [{"name": name, "value": environment[name]} for name in function.env if environment.get(name)]
    secret = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": name, "key": "latest"}}}
        for name in function.secrets
        if name in required or environment.get(name)
    ]
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": function.name,
            "annotations": {"description": function.summary} | _schedule(function),
        },
        "spec": {
            "template": {
                "spec": {
                    "containerConcurrency": function.concurrency,
                    "timeoutSeconds": function.timeout,
                    "containers": [
                        {
                            "image": f"{images.rstrip('/')}/{function.name}:latest",
                            "resources": {"limits": {"memory": function.memory}},
                            "env": plain + secret,
                        }
                    ],
                }
            }
        },
    }


def _schedule(function: Function) -> dict[str, str]:
    return {"schedule": function.schedule} if function.schedule else {}
