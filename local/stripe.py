"""Stripe's stand-in: npm `emulate`, with a hosted checkout page and signed webhooks to our own function."""

import json
from pathlib import Path

import aiohttp

from .config import NODE, Config, Port, write_private
from .node import NODE_BINARY, environment
from .processes import Processes, answers


async def start(config: Config, processes: Processes, client: aiohttp.ClientSession) -> None:
    """Start it with our key, and with one webhook: the function `stripe-webhook`."""
    webhook = {"url": f"{config.url()}/functions/v1/stripe-webhook", "events": ["*"]}
    settings = {
        "tokens": {config.secrets["STRIPE_SECRET_KEY"]: {"login": "platform", "scopes": []}},
        "stripe": {"webhooks": [{**webhook, "secret": config.secrets["STRIPE_WEBHOOK_SECRET"]}]},
    }
    seed = config.state / "stripe.json"
    write_private(seed, json.dumps(settings))
    program = NODE / "node_modules" / "emulate" / "dist" / "index.js"
    url = config.url(Port.STRIPE)
    where = ["--port", str(config.port(Port.STRIPE)), "--base-url", url]
    command: list[str | Path] = [NODE_BINARY, program, "start", "--service", "stripe", *where, "--seed", seed]
    await processes.keep("stripe", command, env=environment(), cwd=config.state, ready=answers(client, url))
