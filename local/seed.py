"""The demo: three people, signed up as anybody would, and what lies between them."""

import psycopg

from deploy.api import Api

from .config import ROOT, Config

DEMO = ROOT / "local" / "sql" / "demo.sql"


def insert_demo(config: Config) -> None:
    """Make what is missing. There is always a session that can be joined now."""
    env = config.env()
    people = {who: _find(env, who) for who in ("client", "practitioner", "admin")}
    with psycopg.connect(config.database_url()) as connection:
        for who, person in people.items():
            connection.execute("select set_config(%s, %s, true)", (f"demo.{who}", person))
        connection.execute(DEMO.read_bytes())


def _find(env: dict[str, str], who: str) -> str:
    """The person's id; who is not known yet signs up."""
    from supabase_auth.errors import AuthApiError

    email, password = env[f"DEMO_{who.upper()}_EMAIL"], env[f"DEMO_{who.upper()}_PASSWORD"]
    with Api(env, env["SUPABASE_PUBLISHABLE_KEY"]) as api:
        try:
            return api.sign_in(email, password).user.id
        except AuthApiError as refusal:
            if refusal.code != "invalid_credentials":
                raise
        return api.sign_up(email, password, full_name=f"Demo {who}").id
