"""A cluster, through kubectl. Held against recorded answers: unproven on a cluster."""

from typing import Any

from deploy.environment import Environment
from deploy.services import Service

from .google import _cpu
from .running import Running
from .shell import Shell

PATIENCE = "--timeout=180s"


class Cluster:
    """One namespace."""

    def __init__(self, environment: Environment, shell: Shell) -> None:
        self._where = ("--namespace", environment.part("kubernetes").namespace)
        self._has_jobs = environment.scheduler == "platform"
        self._shell = shell

    def running(self) -> dict[str, Running]:
        """The deployments, with their limits of scale and their schedules."""
        kinds = "deployments,horizontalpodautoscalers,cronjobs"
        items = self._shell.read("kubectl", "get", kinds, *self._where, "--output", "json")["items"]
        of_kind: dict[str, dict[str, Any]] = {}
        for each in items:
            of_kind.setdefault(each["kind"], {})[each["metadata"]["name"]] = each
        scales, jobs = of_kind.get("HorizontalPodAutoscaler", {}), of_kind.get("CronJob", {})
        return {
            name: _running(each, scales.get(name), jobs.get(name) if self._has_jobs else None, self._has_jobs)
            for name, each in of_kind.get("Deployment", {}).items()
        }

    def prepare(self, applied: list[Service], different: set[str]) -> None:
        """Where there is nothing yet, there is no namespace."""
        if different:
            self._shell.run("kubectl", "apply", "--filename", "namespace.yaml")

    def apply(self, service: Service, running: Running | None) -> None:
        """Everything of one service, and wait until its pods are ready."""
        self._shell.run("kubectl", "apply", *self._where, "--filename", f"services/{service.name}.yaml")
        self._wait(service.name)

    def finish(self, applied: list[Service], different: set[str]) -> None:
        """CronJobs came with their service; routes are a step of their own, docs/switching.md."""

    def rollback(self, name: str, running: Running) -> None:
        """The ReplicaSet before, which the cluster keeps."""
        self._shell.run("kubectl", "rollout", "undo", f"deployment/{name}", *self._where)
        self._wait(name)

    def _wait(self, name: str) -> None:
        self._shell.run("kubectl", "rollout", "status", f"deployment/{name}", *self._where, PATIENCE)


def _running(deployment: dict[str, Any], scale: Any, job: Any, has_jobs: bool) -> Running:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    env, limits = container["env"], container["resources"]["limits"]
    status = deployment.get("status", {})
    return Running(
        name=deployment["metadata"]["name"],
        image=container["image"],
        env={each["name"]: each["value"] for each in env if "value" in each and each["name"] != "PORT"},
        secrets=frozenset(each["name"] for each in env if "valueFrom" in each),
        memory=limits["memory"],
        cpu=_cpu(limits["cpu"]),
        revision=deployment["metadata"]
        .get("annotations", {})
        .get("deployment.kubernetes.io/revision", "none"),
        is_ready=status.get("availableReplicas", 0) > 0 and not status.get("unavailableReplicas"),
        since=deployment["metadata"].get("creationTimestamp", ""),
        instances=scale["spec"]["maxReplicas"] if scale else None,
        schedule=(job["spec"]["schedule"] if job else "") if has_jobs else None,
    )
