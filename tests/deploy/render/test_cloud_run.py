"""Cloud Run: the manifests are held against Knative's official models, and each secret's policy names its readers alone."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy import names
from deploy.functions import functions

from .conftest import Render

# In an environment of its own: it brings a plugin of pytest that would be loaded here.
MODELS = "cloudcoil-models-knative-serving==1.17.0.1"
CHECK = """
import sys, yaml
from cloudcoil.models.knative_serving.serving.v1 import Service
for path in sys.argv[1:]:
    given = yaml.safe_load(open(path))
    kept = Service.model_validate(given).model_dump(by_alias=True, exclude_none=True, mode="json")
    def lost(a, b, at=""):
        if isinstance(a, dict):
            return [x for k, v in a.items() for x in (lost(v, b[k], f"{at}.{k}") if k in b else [f"{at}.{k}"])]
        if isinstance(a, list):
            return [x for i, v in enumerate(a) for x in lost(v, b[i], f"{at}[{i}]")]
        return []
    if gone := lost(given, kept):
        sys.exit(f"{path}: not in the model: {gone}")
print(len(sys.argv) - 1)
"""


@pytest.fixture(scope="session")
def knative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has Knative's models."""
    venv = tmp_path_factory.mktemp("knative") / "venv"
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, venv], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", venv / "bin" / "python", MODELS], check=True)
    return venv / "bin" / "python"


def check(python: Path, folder: Path, services: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Hold manifests against the models."""
    paths = []
    for at, text in enumerate(services.values()):
        paths.append(folder / f"{at}.yaml")
        paths[-1].write_text(text)
    return subprocess.run([python, "-c", CHECK, *paths], capture_output=True, text=True, check=False)


def manifests(rendered: dict[str, str]) -> dict[str, str]:
    """By the name of the service."""
    return {Path(path).stem: text for path, text in rendered.items() if path.startswith("services/")}


def test_every_service_fits_knatives_models(rendered: Render, knative: Path, tmp_path: Path) -> None:
    """All of them; and a misspelt key is found."""
    services = manifests(rendered("cloud-run")) | manifests(rendered("cloud-run", "one"))

    good = check(knative, tmp_path, services)
    bad = check(
        knative, tmp_path, {"": services["run-payouts"].replace("timeoutSeconds: 300", "timeoutSecond: 300")}
    )

    assert (0, str(len(functions()) + 1)) == (good.returncode, good.stdout.strip()), good.stderr
    assert "timeoutSecond" in bad.stderr


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
