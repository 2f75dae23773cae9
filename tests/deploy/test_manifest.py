"""A function's manifest: its limits, its settings by value, its secrets by name."""

import pytest
import yaml

from deploy import manifest
from deploy.functions import functions

ENVIRONMENT = {
    "SUPABASE_URL": "https://project.test",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_made-up",
    "SUPABASE_SECRET_KEY": "sb_secret_made-up",
    "AGORA_APP_ID": "made-up-app",
    "STRANGE": "nobody asked for it",
}


def container(name: str, environment: dict[str, str]) -> tuple[dict[str, object], dict[str, object]]:
    """A function's template and the one container in it."""
    template = manifest.service(functions()[name], "images.test/functions/", environment)["spec"]["template"][
        "spec"
    ]
    return template, template["containers"][0]


def test_a_manifest_has_the_limits_and_the_image_of_the_function() -> None:
    """Knative reads seconds, mebibytes and requests at once."""
    template, only = container("create-liability-waiver", ENVIRONMENT)

    assert (16, 30) == (template["containerConcurrency"], template["timeoutSeconds"])
    assert {"limits": {"memory": "256Mi"}} == only["resources"]
    assert "images.test/functions/create-liability-waiver:latest" == only["image"]


def test_a_secret_is_referenced_and_never_written() -> None:
    """Whoever reads the manifest learns where it is, not what it is."""
    _, only = container("create-liability-waiver", ENVIRONMENT)

    entries = {entry["name"]: entry for entry in only["env"]}  # type: ignore[attr-defined]
    assert {"secretKeyRef": {"name": "SUPABASE_SECRET_KEY", "key": "latest"}} == entries[
        "SUPABASE_SECRET_KEY"
    ]["valueFrom"]
    assert "https://project.test" == entries["SUPABASE_URL"]["value"]
    assert "sb_secret_made-up" not in yaml.safe_dump(only)


def test_a_function_gets_only_the_settings_it_is_granted() -> None:
    """Not what happens to be set, and not an optional setting that is not."""
    _, only = container("create-agora-room", ENVIRONMENT)

    names = {entry["name"] for entry in only["env"]}  # type: ignore[attr-defined]
    assert {"SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "AGORA_APP_ID"} == names


def test_a_missing_setting_stops_the_deployment() -> None:
    """Better here than at the first start."""
    with pytest.raises(SystemExit, match=r"create-agora-room: SUPABASE_URL, AGORA_APP_ID not set\."):
        container("create-agora-room", {"SUPABASE_PUBLISHABLE_KEY": "k"})


def test_a_schedule_is_written_for_the_scheduler() -> None:
    """Knative itself has none."""
    scheduled = manifest.service(
        functions()["process-recording"],
        "i",
        {"SUPABASE_URL": "u"} | dict.fromkeys(functions()["process-recording"].required(), "1"),
    )

    assert "* * * * *" == scheduled["metadata"]["annotations"]["schedule"]
