"""The one origin: functions and pages by their paths; everything else of Supabase's goes on to the project.

What the project has of its own under /functions/v1/ stays reachable: only our names are ours. A caller's address is
what the gateway saw, whatever they claim.
"""

from typing import Any

from deploy.environment import Environment, Google
from deploy.services import CLOCK, Service, port_of

from .text import dump

SUPABASE_PATHS = ("/auth/v1", "/rest/v1", "/storage/v1", "/realtime/v1", "/graphql/v1", "/functions/v1")
LOOKS_EVERY_S, FAILS = (
    2,
    2,
)  # how often the gateway asks a service on one machine, and when it believes it to be gone
CADDY_HEAD = """\
# The gateway. A reverse proxy names the caller in X-Forwarded-For and forgets what the caller wrote there.
# Checked and started by `caddy run --config Caddyfile`; without a port in the address it gets its certificate itself.
{
	admin off
	log {
		# Of each service's two ports one is free: no news.
		exclude http.handlers.reverse_proxy.health_checker
	}
	servers {
		timeouts {
			read_header 10s
			idle 2m
		}
	}
}
"""


# Who comes through a forwarder shows its key, and is who the forwarder says; anybody else is who they are.
FORWARDED = """\
	@forwarded header X-Forwarder-Key {$FORWARDER_KEY}
	vars forwarded_for "{remote_host}, {remote_host}"
	vars @forwarded forwarded_for "{header.X-Forwarded-For}, {remote_host}"
"""
FORWARD = """\
			header_up X-Forwarded-For {vars.forwarded_for}
			header_up -X-Forwarder-Key
"""
NOTHING = "\thandle {\n\t\trespond 404\n\t}\n"


def caddyfile(services: list[Service], environment: Environment) -> str:
    """For one machine: each service is at one of its two ports of 127.0.0.1, or at both."""
    forward = FORWARD if environment.hosted_origin else ""
    blocks = [FORWARDED] if forward else []
    blocks += [_handle(each, forward) for each in services if each.paths()]
    project = environment.supabase
    host = project.split("://")[1]
    paths = " ".join(f"{path} {path}/*" for path in SUPABASE_PATHS)
    blocks.append(
        f"\t@supabase path {paths}\n"
        "\thandle @supabase {\n"
        f"\t\treverse_proxy {project} {{\n"
        f"\t\t\theader_up Host {host}\n"
        "\t\t}\n"
        "\t}\n"
    )
    blocks.append(NOTHING)
    text = f"{CADDY_HEAD}\n{environment.origin} {{\n" + "\n".join(blocks) + "}\n"
    scheduled = [each for each in services if each.schedule and environment.scheduler == "platform"]
    if scheduled:
        handles = "\n".join([*(_handle(each, "") for each in scheduled), NOTHING])
        address = f"http://127.0.0.1:{port_of(CLOCK)}"
        text += f"\n# The clock of this machine calls here.\n{address} {{\n\tbind 127.0.0.1\n\n{handles}}}\n"
    return text


def _handle(each: Service, forward: str) -> str:
    """A restart is waited for, and a copy that follows another is known before the other ends.

    A request that has not been sent yet is sent to whichever takes a connection. Asked for its health, a port that is
    there and leads nowhere yet, as podman opens it, is not taken for a service.
    """
    paths = each.paths() or [f"/functions/v1/{each.name}"]  # closed to all but the clock
    lines = [*(f"{path} {path}/*" for path in paths), *each.pages()]
    matched = "".join(f"\t\tpath {line}\n" for line in lines)
    upstreams = " ".join(f"127.0.0.1:{port}" for port in each.ports)
    name = each.name.replace("-", "_")
    return (
        f"\t@{name} {{\n{matched}\t}}\n"
        f"\thandle @{name} {{\n"
        f"\t\treverse_proxy {upstreams} {{\n"
        f"{forward}"
        "\t\t\tlb_policy first\n"
        "\t\t\tlb_try_duration 10s\n"
        "\t\t\tlb_try_interval 50ms\n"
        "\t\t\tfail_duration 1s\n"
        "\t\t\thealth_uri /healthz\n"
        f"\t\t\thealth_interval {LOOKS_EVERY_S}s\n"
        f"\t\t\thealth_fails {FAILS}\n"
        "\t\t\ttransport http {\n"
        f"\t\t\t\tresponse_header_timeout {each.timeout + 20}s\n"
        # A kept connection may end just as a request is sent on it, and a POST is not sent twice.
        "\t\t\t\tkeepalive off\n"
        "\t\t\t}\n"
        "\t\t}\n"
        "\t}\n"
    )


def google_files(services: list[Service], environment: Environment) -> dict[str, str]:
    """For Cloud Run: a load balancer's URL map, and what it stands on."""
    google: Google = environment.part("cloud-run")
    return {
        "routes/url-map.yaml": dump(url_map(services, environment)),
        "routes/load-balancer.sh": load_balancer(environment, google),
    }


def url_map(services: list[Service], environment: Environment) -> dict[str, Any]:
    """As `gcloud compute url-maps import` takes it. Two backends find every service by its name in the path."""
    google: Google = environment.part("cloud-run")
    host = environment.origin.split("://")[1]
    backend = f"projects/{google.project}/global/backendServices/"
    functions = [path for each in services for path in each.paths()]
    pages = [page for each in services for page in each.pages()]
    project = {"urlRewrite": {"hostRewrite": environment.supabase.split("://")[1]}}
    rules: list[dict[str, Any]] = [
        {
            "paths": [each for path in functions for each in (path, f"{path}/*")],
            "service": f"{backend}functions",
        },
        {"paths": pages, "service": f"{backend}pages"},
        {
            "paths": [f"{path}/*" for path in SUPABASE_PATHS],
            "service": f"{backend}supabase",
            "routeAction": project,
        },
    ]
    return {
        "name": "origin",
        "defaultService": f"{backend}functions",
        "hostRules": [{"hosts": [host], "pathMatcher": "origin"}],
        "pathMatchers": [
            {
                "name": "origin",
                "defaultService": f"{backend}functions",
                "pathRules": [rule for rule in rules if rule["paths"]],
            }
        ],
        "tests": [
            {"host": host, "path": path, "service": f"{backend}{service}"}
            for path, service in [
                *((path, "functions") for path in functions[:1]),
                *((path, "pages") for path in pages[:1]),
                ("/functions/v1/of-the-project-itself", "supabase"),
                ("/rest/v1/sessions", "supabase"),
            ]
        ],
    }


def load_balancer(environment: Environment, google: Google) -> str:
    """The commands that make it, once."""
    host = environment.origin.split("://")[1]
    project = environment.supabase.split("://")[1]
    return f"""\
#!/bin/sh
# The load balancer in front of Cloud Run, made once; afterwards only the URL map changes (the last line).
set -eu
export CLOUDSDK_CORE_PROJECT={google.project}
neg() {{
  gcloud compute network-endpoint-groups create "$1" --region {google.region} \\
    --network-endpoint-type serverless --cloud-run-url-mask "$2"
}}
backend() {{
  gcloud compute backend-services create "$1" --global --load-balancing-scheme EXTERNAL_MANAGED --protocol HTTPS
}}
neg functions '/functions/v1/<service>'
neg pages '/<service>'
for name in functions pages; do
  backend "$name"
  gcloud compute backend-services add-backend "$name" --global --network-endpoint-group "$name" \\
    --network-endpoint-group-region {google.region}
done
gcloud compute network-endpoint-groups create supabase --global --network-endpoint-type internet-fqdn-port
gcloud compute network-endpoint-groups update supabase --global --add-endpoint fqdn={project},port=443
backend supabase
gcloud compute backend-services add-backend supabase --global --network-endpoint-group supabase \\
  --global-network-endpoint-group
gcloud compute url-maps import origin --source routes/url-map.yaml --global --quiet
gcloud compute ssl-certificates create origin --domains {host} --global
gcloud compute target-https-proxies create origin --url-map origin --ssl-certificates origin
gcloud compute addresses create origin --global
gcloud compute forwarding-rules create origin --global --load-balancing-scheme EXTERNAL_MANAGED --address origin \\
  --target-https-proxy origin --ports 443
gcloud compute url-maps import origin --source routes/url-map.yaml --global --quiet
"""
