"""Cloud Run: manifests are held against Knative's official schema, and a secret's policy names its readers alone."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy import names
from deploy.functions import functions

from .conftest import Render

# The schema of `Service` in PyPI's cloudcoil-models-knative-serving 1.17.0.1, as its `model_json_schema(by_alias=True)`
# gives it, without the descriptions. The package itself brings a plugin that every pytest here would load.
SCHEMA = Path(__file__).with_name("knative_service.json")


@pytest.fixture(scope="session")
def knative() -> Draft202012Validator:
    """Knative's schema, strictly: a key that it does not know is an error."""

    def close(schema: Any) -> Any:
        if isinstance(schema, list):
            return [close(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        closed = {key: close(value) for key, value in schema.items()}
        return closed | ({"additionalProperties": False} if "properties" in schema else {})

    return Draft202012Validator(close(json.loads(SCHEMA.read_text())))


def manifests(rendered: dict[str, str]) -> dict[str, str]:
    """By the name of the service."""
    return {Path(path).stem: text for path, text in rendered.items() if path.startswith("services/")}


def test_every_service_fits_knatives_schema(rendered: Render, knative: Draft202012Validator) -> None:
    """All of them; and a misspelt key is found."""
    services = manifests(rendered("cloud-run")) | manifests(rendered("cloud-run", "one"))
    assert len(functions()) + 1 == len(services)

    for name, text in services.items():
        assert not [error.message for error in knative.iter_errors(yaml.safe_load(text))], name

    wrong = services["run-payouts"].replace("timeoutSeconds: 300", "timeoutSecond: 300")
    assert not knative.is_valid(yaml.safe_load(wrong))


def test_limits_identity_and_ingress_are_those_of_the_function(rendered: Render) -> None:
    """What only the scheduler calls is internal; nothing scales without an end."""
    for name, text in manifests(rendered("cloud-run")).items():
        function, service = functions()[name], yaml.safe_load(text)
        template = service["spec"]["template"]
        assert (function.concurrency, function.timeout) == (
            template["spec"]["containerConcurrency"],
            template["spec"]["timeoutSeconds"],
        )
        assert (
            str(function.instances) == template["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"]
        )
        ingress = service["metadata"]["annotations"]["run.googleapis.com/ingress"]
        assert ("internal-and-cloud-load-balancing" if function.is_open else "internal") == ingress
        assert template["spec"]["serviceAccountName"].startswith(names.account(name) + "@")


def test_a_secrets_policy_names_exactly_the_functions_that_hold_it(rendered: Render) -> None:
    """The list in deploy.yaml is the security review, and this is the same list."""
    found = rendered("cloud-run")
    policies = {
        Path(path).stem: yaml.safe_load(text) for path, text in found.items() if path.startswith("secrets/")
    }

    for variable, policy in policies.items():
        holders = [each.name for each in functions().values() if variable in each.secrets]
        members = [each.split(":")[1].split("@")[0] for each in policy["bindings"][0]["members"]]
        assert sorted(map(names.account, holders)) == members
    assert {name for each in functions().values() for name in each.secrets} - policies.keys() == {
        "POSTMARK_API_KEY",
        "SMTP_URL",
    }
