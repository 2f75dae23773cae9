"""Any Kubernetes: plain Deployments, Services, Ingress and CronJobs, one file for each service."""

from typing import Any

from deploy import names
from deploy.environment import Environment
from deploy.services import PORT, Service

from .routes import SUPABASE_PATHS
from .text import dump

KEY = "value"  # under which a Secret has what it is
NOBODY = 65534
PROBE = {"httpGet": {"path": "/healthz", "port": "http"}, "timeoutSeconds": 2}
# How the scheduler calls, with what the image has: a failure is the Job's failure.
CALL = """\
import os, urllib.request as web
key = os.environ["SUPABASE_SECRET_KEY"].split(",")[0].strip()
headers = {"apikey": key, "content-type": "application/json"}
web.urlopen(web.Request(os.environ["URL"], b"{}", headers), timeout=float(os.environ["TIMEOUT_S"])).read()
"""


def files(services: list[Service], environment: Environment) -> dict[str, str]:
    """The files of this platform alone."""
    kubernetes = environment.part("kubernetes")
    found = {f"services/{each.name}.yaml": dump(*documents(each)) for each in services}
    found["namespace.yaml"] = dump(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": kubernetes.namespace,
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            },
        }
    )
    found["ingress.yaml"] = dump(*ingress(services, environment))
    return found


def documents(each: Service) -> list[dict[str, Any]]:
    """Everything of one service."""
    found = [account(each), deployment(each), service(each), scaling(each), network(each)]
    return found + ([cron_job(each)] if each.schedule else [])


def _document(kind: str, version: str, each: Service, **body: Any) -> dict[str, Any]:
    metadata = {"name": each.name, "labels": {"app.kubernetes.io/name": each.name}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def _selector(each: Service) -> dict[str, Any]:
    return {"app.kubernetes.io/name": each.name}


def account(each: Service) -> dict[str, Any]:
    """An identity without a right: the kubelet hands over the secrets that the Deployment names, and no others."""
    return _document("ServiceAccount", "v1", each, automountServiceAccountToken=False)


def deployment(each: Service) -> dict[str, Any]:
    """The service itself."""
    container = {
        "name": "function",
        "image": each.image,
        "ports": [{"name": "http", "containerPort": PORT}],
        "env": [
            {"name": "PORT", "value": str(PORT)},
            *({"name": name, "value": value} for name, value in each.env.items()),
            *(_reference(name) for name in each.secrets),
        ],
        "resources": {
            "requests": {"cpu": "20m", "memory": "64Mi" if len(each.functions) == 1 else "512Mi"},
            "limits": {"cpu": f"{each.cpu:g}", "memory": each.memory},
        },
        "startupProbe": PROBE | {"periodSeconds": 2, "failureThreshold": 30},
        "readinessProbe": PROBE | {"periodSeconds": 5, "failureThreshold": 2},
        "livenessProbe": PROBE | {"periodSeconds": 30, "failureThreshold": 3},
        "securityContext": LOCKED,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - the container's own
    }
    pod = {
        "metadata": {"labels": _selector(each), "annotations": {"settings": each.fingerprint}},
        "spec": {
            "serviceAccountName": each.name,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 30,
            "securityContext": NOBODY_AT_ALL,
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}}],
        },
    }
    return _document(
        "Deployment",
        "apps/v1",
        each,
        spec={
            "revisionHistoryLimit": 5,
            "progressDeadlineSeconds": 120,
            "selector": {"matchLabels": _selector(each)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": pod,
        },
    )


LOCKED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
NOBODY_AT_ALL = {
    "runAsNonRoot": True,
    "runAsUser": NOBODY,
    "runAsGroup": NOBODY,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _reference(variable: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": names.secret(variable), "key": KEY}}}


def service(each: Service) -> dict[str, Any]:
    """Its address inside the cluster."""
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return _document("Service", "v1", each, spec={"selector": _selector(each), "ports": ports})


def scaling(each: Service) -> dict[str, Any]:
    """From one instance to as many as it may have."""
    at_most = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "500m"}},
    }
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": each.name}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": each.instances, "metrics": [at_most]}
    return _document("HorizontalPodAutoscaler", "autoscaling/v2", each, spec=spec)


def network(each: Service) -> dict[str, Any]:
    """What nobody outside may reach is reached by the scheduler's pods alone."""
    scheduler = {"podSelector": {"matchLabels": {"scheduler": "true"}}}
    rule = {"ports": [{"port": "http"}]} | ({} if each.is_open else {"from": [scheduler]})
    spec = {"podSelector": {"matchLabels": _selector(each)}, "policyTypes": ["Ingress"], "ingress": [rule]}
    return _document("NetworkPolicy", "networking.k8s.io/v1", each, spec=spec)


def cron_job(each: Service) -> dict[str, Any]:
    """Calls it when it is due; a call never overtakes itself."""
    container = {
        "name": "call",
        "image": each.image,
        "command": ["python", "-c", CALL],
        "env": [
            {"name": "URL", "value": f"http://{each.name}/functions/v1/{each.name}"},
            {"name": "TIMEOUT_S", "value": str(each.timeout + 5)},
            _reference("SUPABASE_SECRET_KEY"),
        ],
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"cpu": "200m", "memory": "64Mi"},
        },
        "securityContext": LOCKED,
    }
    pod = {
        "metadata": {"labels": {"scheduler": "true"}},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": NOBODY_AT_ALL,
            "containers": [container],
        },
    }
    job = {"backoffLimit": 0, "activeDeadlineSeconds": each.timeout + 30, "template": pod}
    spec = {
        "schedule": each.schedule,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 50,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": job},
    }
    return _document("CronJob", "batch/v1", each, spec=spec)


def ingress(services: list[Service], environment: Environment) -> list[dict[str, Any]]:
    """The one origin: functions and pages by their paths, and the project for everything else that is Supabase's."""
    kubernetes = environment.part("kubernetes")
    host = environment.origin.split("://")[1]
    ours = [(path, each.name) for each in services for path in [*each.paths(), *each.pages()]]
    supabase = environment.supabase.split("://")[1]
    metadata = {"name": "supabase", "labels": {"app.kubernetes.io/name": "supabase"}}
    return [
        _ingress("functions", {}, host, kubernetes.ingress_class, ours),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"type": "ExternalName", "externalName": supabase},
        },
        # These annotations are ingress-nginx's; another controller says the same in its own words.
        _ingress(
            "supabase",
            {
                "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS",
                "nginx.ingress.kubernetes.io/upstream-vhost": supabase,
                "nginx.ingress.kubernetes.io/proxy-ssl-server-name": "on",
                "nginx.ingress.kubernetes.io/proxy-ssl-name": supabase,
                "nginx.ingress.kubernetes.io/proxy-body-size": "0",
            },
            host,
            kubernetes.ingress_class,
            [(path, "supabase") for path in SUPABASE_PATHS],
            port=443,
        ),
    ]


def _ingress(
    name: str,
    annotations: dict[str, str],
    host: str,
    controller: str,
    routes: list[tuple[str, str]],
    port: int = 80,
) -> dict[str, Any]:
    paths = [
        {
            "path": path,
            "pathType": "Prefix",
            "backend": {"service": {"name": service, "port": {"number": port}}},
        }
        for path, service in routes
    ]
    timeouts = {"nginx.ingress.kubernetes.io/proxy-read-timeout": "960"} | annotations
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "annotations": timeouts},
        "spec": {
            "ingressClassName": controller,
            "tls": [{"hosts": [host], "secretName": "origin-certificate"}],
            "rules": [{"host": host, "http": {"paths": paths}}],
        },
    }
