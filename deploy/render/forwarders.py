"""For those who keep the hosted origin: a Supabase edge function for each name, which forwards to where it runs.

Not through it: pages, since HTML becomes plain text on a hosted project; what may take longer than its 150 seconds; and
webhooks, whose senders are given our own address. What only the scheduler calls has nobody who comes that way.
"""

from pathlib import Path

from deploy.environment import Environment
from deploy.functions import Function
from deploy.services import Service

TEMPLATE = Path(__file__).with_name("forward.ts")
LONGEST_S = 150


def why_not(function: Function) -> str | None:
    """Why a function is not forwarded; None if it is."""
    if function.is_page:
        return "a page: HTML becomes plain text there"
    if "webhook" in function.callers:
        return "a webhook: its sender is given our own address"
    if not function.is_open:
        return "the scheduler's alone"
    if function.timeout > LONGEST_S:
        return f"it may take {function.timeout} s, and {LONGEST_S} s is all there is"
    return None


def files(services: list[Service], environment: Environment) -> dict[str, str]:
    """The folder `supabase/`, as the Supabase CLI takes it."""
    if not environment.hosted_origin:
        return {}
    functions = [function for each in services for function in each.functions]
    forwarded = [each for each in functions if not why_not(each)]
    found = {f"supabase/functions/{each.name}/index.ts": forwarder(each, environment) for each in forwarded}
    found["supabase/config.toml"] = "".join(
        f"[functions.{each.name}]\nverify_jwt = false\n\n" for each in forwarded
    )
    others = "".join(f"- `{each.name}`: {why}\n" for each in functions if (why := why_not(each)))
    found["supabase/README.md"] = (
        f"# Forwarders\n\nBrowsers keep {environment.supabase}; each of these takes the place of the project's function"
        " of its name. `supabase functions deploy NAME` deploys it; the way back is deploying the former one again, so"
        " keep its source. Tested in Deno, unproven on Supabase's own runtime. How many proxies that platform appends"
        " to X-Forwarded-For has to be seen once, and counted in TRUSTED_PROXIES.\n\n## Not forwarded\n\n"
        + others
    )
    return found


def forwarder(function: Function, environment: Environment) -> str:
    """The code of one."""
    target = f"{environment.origin}/functions/v1/{function.name}"
    return TEMPLATE.read_text().replace("{{name}}", function.name).replace("{{target}}", target)
