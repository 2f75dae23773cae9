"""Alerts: `status` does not answer 200, a log line is an error, the oldest that is due is late, the clock itself fails.

`status` answers 503 when something is late or broken, so any monitor that asks an address will do; these are for two.
"""

import json
from typing import Any

from deploy.environment import Environment, Google, Target

from .text import dump

STATUS_PATH = "/functions/v1/status"
LATE = '"function_late|queue_late|webhooks_silent"'
RUNBOOK = "docs/runbook.md, by symptom."


def files(target: Target, environment: Environment) -> dict[str, str]:
    """Google's policies for Cloud Run; Prometheus' and Loki's rules elsewhere."""
    if target == "cloud-run":
        return google_files(environment, environment.part(target))
    return {
        "alerts/prometheus.yaml": dump(prometheus(environment)),
        "alerts/blackbox.yaml": dump(BLACKBOX),
        "alerts/loki.yaml": dump(loki(environment)),
    }


def google_files(environment: Environment, google: Google) -> dict[str, str]:
    """The policies as files, and what makes them once."""
    host = environment.origin.split("://")[1]
    checks = "monitoring.googleapis.com/uptime_check/check_passed"
    functions = 'resource.type="cloud_run_revision"'
    policies = {
        "status": _policy(
            "The status page does not answer 200",
            {
                "conditionThreshold": {
                    "filter": f'metric.type="{checks}" AND metric.labels.check_id=has_substring("status") AND'
                    ' resource.type="uptime_url"',
                    "comparison": "COMPARISON_GT",
                    "thresholdValue": 1,
                    "duration": "300s",
                    "aggregations": [
                        {
                            "alignmentPeriod": "300s",
                            "perSeriesAligner": "ALIGN_NEXT_OLDER",
                            "crossSeriesReducer": "REDUCE_COUNT_FALSE",
                        }
                    ],
                }
            },
        ),
        "errors": _policy("A function wrote an error", _logged(f"{functions} AND severity>=ERROR"), "900s"),
        "late": _policy(
            "The oldest that is due is late",
            _logged(f'{functions} AND jsonPayload.function="status" AND jsonPayload.problems:*'),
            "3600s",
        ),
        "scheduler": _policy(
            "A scheduled call failed",
            _logged('resource.type="cloud_scheduler_job" AND severity>=ERROR'),
            "3600s",
        ),
    }
    found = {f"alerts/{name}.json": json.dumps(policy, indent=2) + "\n" for name, policy in policies.items()}
    create = "\n".join(f"policy alerts/{name}.json" for name in policies)
    found["alerts/create.sh"] = f"""\
#!/bin/sh
# Made once. CHANNEL is who is told: gcloud beta monitoring channels list. STATUS_KEY is the secret of `status`.
set -eu
export CLOUDSDK_CORE_PROJECT={google.project}
gcloud monitoring uptime create status --resource-type uptime-url \\
  --resource-labels host={host},project_id={google.project} --protocol https \\
  --path {STATUS_PATH} --period 1 --timeout 10 --status-classes 2xx \\
  --username monitor --password "${{STATUS_KEY:?}}"
policy() {{ gcloud monitoring policies create --policy-from-file "$1" --notification-channels "${{CHANNEL:?}}"; }}
{create}
"""
    return found


def _policy(name: str, condition: dict[str, Any], at_most_every: str | None = None) -> dict[str, Any]:
    strategy = {"notificationRateLimit": {"period": at_most_every}} if at_most_every else {}
    return {
        "displayName": name,
        "documentation": {"content": RUNBOOK, "mimeType": "text/markdown"},
        "combiner": "OR",
        "conditions": [{"displayName": name, **condition}],
        "alertStrategy": {"autoClose": "86400s", **strategy},
    }


def _logged(lines: str) -> dict[str, Any]:
    return {"conditionMatchedLog": {"filter": lines}}


BLACKBOX = {
    "modules": {
        "status": {
            "prober": "http",
            "timeout": "10s",
            "http": {
                "valid_status_codes": [200],
                "headers": {"accept": "application/json"},
                "basic_auth": {"username": "monitor", "password_file": "/etc/functions/status_key"},
                # The oldest that is due, of any queue and any function, is named in the body.
                "fail_if_body_matches_regexp": [LATE],
            },
        }
    }
}


def prometheus(environment: Environment) -> dict[str, Any]:
    """Rules over what the blackbox exporter was answered by `status`."""
    target = f'{{job="status",instance="{environment.origin}{STATUS_PATH}"}}'
    late = {"severity": "page"}
    return {
        "groups": [
            {
                "name": "functions",
                "rules": [
                    _rule(
                        "StatusNotGood",
                        f"probe_success{target} == 0",
                        "5m",
                        late,
                        "Late, broken or not there.",
                    ),
                    _rule(
                        "OldestDueLate",
                        f"probe_failed_due_to_regex{target} == 1",
                        "5m",
                        late,
                        "A function or a queue is late: the status page names it, and since when.",
                    ),
                    _rule(
                        "NobodyAsksStatus",
                        f"absent(probe_success{target})",
                        "10m",
                        late,
                        "The monitor itself does not ask any more.",
                    ),
                    _rule(
                        "CertificateEnds",
                        f"probe_ssl_earliest_cert_expiry{target} - time() < 7 * 86400",
                        "1h",
                        {"severity": "ticket"},
                        "The origin's certificate ends within a week.",
                    ),
                ],
            }
        ]
    }


def loki(environment: Environment) -> dict[str, Any]:
    """Rules over the log lines, by their severity."""
    where = f'{{environment="{environment.name}"}} | json'
    return {
        "groups": [
            {
                "name": "functions",
                "rules": [
                    _rule(
                        "FunctionErrors",
                        f'sum by (function) (count_over_time({where} | severity=~"ERROR|CRITICAL" [15m])) > 0',
                        "0m",
                        {"severity": "page"},
                        "{{ $labels.function }} wrote an error.",
                    )
                ],
            }
        ]
    }


def _rule(name: str, expression: str, lasting: str, labels: dict[str, str], summary: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": lasting,
        "labels": labels,
        "annotations": {"summary": summary, "runbook": RUNBOOK},
    }
