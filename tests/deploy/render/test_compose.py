"""One machine: what compose.yaml gives each service, and what it keeps from the network."""

from typing import Any

import yaml

from deploy.functions import functions
from deploy.services import ALL, port_of

from .conftest import Render


def read(rendered: dict[str, str]) -> dict[str, Any]:
    """The services of compose.yaml."""
    found: dict[str, Any] = yaml.safe_load(rendered["compose.yaml"])["services"]
    return found


def test_a_service_is_given_its_own_secrets_from_the_environment(rendered: Render) -> None:
    """By name, and it does not start without them; the one container has all of them."""
    every = {name for function in functions().values() for name in function.secrets}

    for name, service in read(rendered("compose", "each")).items():
        given = {each for each, value in service.get("environment", {}).items() if value == f"${{{each}:?}}"}
        own = set(functions()[name].secrets) if name != "gateway" else set()
        assert given == own - {"POSTMARK_API_KEY", "SMTP_URL"}, name
    one = read(rendered("compose", "one"))[ALL]["environment"]
    assert every - {"POSTMARK_API_KEY", "SMTP_URL"} <= one.keys()
    assert "1" == one["SCHEDULER"]


def test_nobody_reaches_a_service_but_by_the_gateway(rendered: Render) -> None:
    """It listens on this machine alone; it can write nothing and gain no right."""
    services = read(rendered("compose", "each"))

    for name in functions():
        service = services[name]
        assert [f"127.0.0.1:{port_of(name)}:8080"] == service["ports"]
        assert (True, ["ALL"], ["no-new-privileges:true"]) == (
            service["read_only"],
            service["cap_drop"],
            service["security_opt"],
        )
    assert "host" == services["gateway"]["network_mode"]  # or it would see a bridge in place of the caller


def test_a_dollar_in_a_setting_stays_one(rendered: Render) -> None:
    """Compose would read it as the beginning of a name."""
    settings = {"SUPABASE_PUBLISHABLE_KEY": "a$b"}
    services = read(rendered("compose", "each", "cancel-session", settings=settings))

    assert "a$$b" == services["cancel-session"]["environment"]["SUPABASE_PUBLISHABLE_KEY"]
