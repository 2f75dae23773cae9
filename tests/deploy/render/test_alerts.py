"""Alerts: each is a whole rule, and asks what there is to ask."""

import json
import re

import pytest
import yaml

from .conftest import Render

SIGNALS = {
    "status": "check_passed",
    "errors": "severity>=ERROR",
    "late": "jsonPayload.problems",
    "scheduler": "cloud_scheduler_job",
}


def test_googles_policies_are_each_about_one_signal(rendered: Render) -> None:
    """The status page, errors, what is late, the clock; what is made of lines is told once in a while."""
    found = rendered("cloud-run")

    for name, signal in SIGNALS.items():
        policy = json.loads(found[f"alerts/{name}.json"])
        assert signal in json.dumps(policy["conditions"])
        if "conditionMatchedLog" in policy["conditions"][0]:
            assert policy["alertStrategy"]["notificationRateLimit"]["period"]
        assert f"policy alerts/{name}.json" in found["alerts/create.sh"]
    assert "--path /functions/v1/status" in found["alerts/create.sh"]


@pytest.mark.parametrize("target", ["kubernetes", "compose"])
def test_rules_are_whole_elsewhere(rendered: Render, target: str) -> None:
    """An expression, how long, how urgent; and the pattern of what is late can be compiled."""
    found = rendered(target)

    for file in ("alerts/prometheus.yaml", "alerts/loki.yaml"):
        for rule in yaml.safe_load(found[file])["groups"][0]["rules"]:
            assert {"alert", "expr", "for", "labels", "annotations"} == rule.keys()
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert rule["expr"].count("{") == rule["expr"].count("}")
    probe = yaml.safe_load(found["alerts/blackbox.yaml"])["modules"]["status"]["http"]
    assert re.search(probe["fail_if_body_matches_regexp"][0], '{"code":"queue_late"}')
