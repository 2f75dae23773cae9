"""Cloud Run, through gcloud. Held against recorded answers: unproven on the platform itself."""

from typing import Any

from deploy.environment import Environment, Google
from deploy.services import Service

from .running import Running
from .shell import Failed, Shell


class CloudRun:
    """One region of one project."""

    def __init__(self, environment: Environment, shell: Shell) -> None:
        google: Google = environment.part("cloud-run")
        self._where = ("--project", google.project, "--region", google.region)
        self._scheduler = ("--project", google.project, "--location", google.region)
        self._has_jobs = environment.scheduler == "platform"
        self._shell = shell

    def running(self) -> dict[str, Running]:
        """The services, and the scheduler's jobs by the same names."""
        services = self._shell.read("gcloud", "run", "services", "list", *self._where, "--format", "json")
        jobs = (
            self._shell.read("gcloud", "scheduler", "jobs", "list", *self._scheduler, "--format", "json")
            if self._has_jobs
            else []
        )
        schedules = {
            job["name"].rpartition("/")[2]: job["schedule"] for job in jobs if job.get("state") == "ENABLED"
        }
        found = [_running(each, schedules if self._has_jobs else None) for each in services]
        return {each.name: each for each in found}

    def prepare(self, applied: list[Service], different: set[str]) -> None:
        """Accounts and what they may read, before anything starts that reads it."""
        if different:
            self._shell.run("sh", "accounts.sh")

    def apply(self, service: Service, running: Running | None) -> None:
        """A new revision; gcloud ends when it serves, or does not."""
        self._shell.run("gcloud", "run", "services", "replace", f"services/{service.name}.yaml", *self._where)

    def finish(self, applied: list[Service], different: set[str]) -> None:
        """The jobs, where one differs."""
        if different and self._has_jobs:
            self._shell.run("sh", "scheduler.sh")

    def rollback(self, name: str, running: Running) -> None:
        """All traffic to the newest good revision that is older than the one that serves."""
        revisions = self._shell.read(
            "gcloud", "run", "revisions", "list", "--service", name, *self._where, "--format", "json"
        )
        made = {
            each["metadata"]["name"]: each["metadata"]["creationTimestamp"]
            for each in revisions
            if _is_ready(each)
        }
        older = sorted((at, each) for each, at in made.items() if at < made.get(running.revision, "9"))
        if not older:
            raise Failed(f"{name} has no revision before {running.revision}.")
        before = older[-1][1]
        self._shell.run(
            "gcloud",
            "run",
            "services",
            "update-traffic",
            name,
            "--to-revisions",
            f"{before}=100",
            *self._where,
        )


def _running(service: dict[str, Any], schedules: dict[str, str] | None) -> Running:
    name, template = service["metadata"]["name"], service["spec"]["template"]
    container, env = template["spec"]["containers"][0], template["spec"]["containers"][0].get("env", [])
    limits, scale = container["resources"]["limits"], template["metadata"].get("annotations", {})
    serving = [each for each in service.get("status", {}).get("traffic", []) if each.get("percent")]
    return Running(
        name=name,
        image=container["image"],
        env={each["name"]: each["value"] for each in env if "value" in each},
        secrets=frozenset(each["name"] for each in env if "valueFrom" in each),
        memory=limits["memory"],
        cpu=_cpu(limits["cpu"]),
        revision=serving[0]["revisionName"] if serving else "none",
        is_ready=_is_ready(service),
        since=service["metadata"].get("creationTimestamp", ""),
        concurrency=template["spec"].get("containerConcurrency"),
        timeout=template["spec"].get("timeoutSeconds"),
        instances=int(scale.get("autoscaling.knative.dev/maxScale", 0)),
        schedule=None if schedules is None else schedules.get(name, ""),
        goes_back=bool(serving) and not serving[0].get("latestRevision"),
    )


def _cpu(text: str) -> float:
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _is_ready(document: dict[str, Any]) -> bool:
    conditions = document.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
