"""Kubernetes: every document is held against the official schemas, and says who may reach and know what."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.functions import functions
from deploy.names import secret

from .conftest import Render

VERSIONS = ("1.32", "1.25")


def documents(rendered: dict[str, str]) -> list[dict[str, Any]]:
    """Everything that `kubectl apply` would be given."""
    texts = [
        text for path, text in rendered.items() if path.endswith(".yaml") and not path.startswith("alerts/")
    ]
    return [document for text in texts for document in yaml.safe_load_all(text)]


def of_kind(kind: str, found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The documents of a kind by their names."""
    return {each["metadata"]["name"]: each["spec"] for each in found if each["kind"] == kind}


def form(value: Any) -> Any:
    """What has the same keys and types has the same form."""
    if isinstance(value, dict):
        return frozenset((key, value[key] if key == "kind" else form(value[key])) for key in value)
    if isinstance(value, list):
        return frozenset(map(form, value))
    return type(value)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", ["each", "one"])
def test_every_document_fits_the_official_schema(rendered: Render, shape: str, version: str) -> None:
    """Strictly: an unknown key is an error, of which an API server would at best warn. One of each form is enough."""
    forms = {form(document): document for document in documents(rendered("kubernetes", shape))}
    for document in forms.values():
        kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_key_would_be_found(rendered: Render) -> None:
    """The schemas are strict: what is tested here can fail."""
    wrong = documents(rendered("kubernetes"))[-1]
    wrong["spec"]["replica"] = 1

    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_a_pod_is_given_its_functions_own_secrets_and_no_right(rendered: Render) -> None:
    """By reference; its account has no token to ask for others with."""
    for name, spec in of_kind("Deployment", documents(rendered("kubernetes"))).items():
        pod = spec["template"]["spec"]
        given = {
            each["name"]: each["valueFrom"]["secretKeyRef"]["name"]
            for each in pod["containers"][0]["env"]
            if "valueFrom" in each
        }
        assert given == {each: secret(each) for each in functions()[name].secrets if each in given}, name
        assert {*functions()[name].required()} & {*functions()[name].secrets} <= given.keys()
        assert (name, False) == (pod["serviceAccountName"], pod["automountServiceAccountToken"])


def test_what_only_the_scheduler_calls_is_not_reached_from_outside(rendered: Render) -> None:
    """Neither by the ingress, nor by other pods of the cluster."""
    found = documents(rendered("kubernetes"))
    paths = [path["path"] for path in of_kind("Ingress", found)["functions"]["rules"][0]["http"]["paths"]]
    policies = of_kind("NetworkPolicy", found)

    for function in functions().values():
        assert (f"/functions/v1/{function.name}" in paths) == function.is_open
        assert ("from" in policies[function.name]["ingress"][0]) == (not function.is_open)
        assert (f"/{function.name}" in paths) == function.is_page


def test_each_schedule_is_a_cron_job_that_outlasts_its_function(rendered: Render) -> None:
    """In UTC, never overtaking itself."""
    jobs = of_kind("CronJob", documents(rendered("kubernetes")))

    assert jobs.keys() == {each.name for each in functions().values() if each.schedule}
    for name, job in jobs.items():
        function = functions()[name]
        assert (function.schedule, "Etc/UTC", "Forbid") == (
            job["schedule"],
            job["timeZone"],
            job["concurrencyPolicy"],
        )
        assert job["jobTemplate"]["spec"]["activeDeadlineSeconds"] > function.timeout + 5
