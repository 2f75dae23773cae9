"""Agora's stand-in: our own emulator, `local.agora`, a process like any other part."""

import os
import sys

import aiohttp

from .config import Config, Port
from .processes import Processes, answers


async def start(config: Config, processes: Processes, client: aiohttp.ClientSession) -> None:
    """Start it with the project's own credentials, writing to our bucket and notifying our webhooks.

    `AGORA_EMULATOR_SEED=… make up` repeats an order of what Agora promises no order for; its log names the seed.
    """
    everything = config.env()
    env = {name: value for name, value in everything.items() if name.startswith(("AGORA_", "RECORDING_S3_"))}
    env |= {name: value for name, value in os.environ.items() if name.startswith("AGORA_EMULATOR_")}
    env["AGORA_WEBHOOK_URL"] = f"{everything['FUNCTIONS_URL']}/agora-recording-webhook"
    env["AGORA_CHANNEL_WEBHOOK_URL"] = f"{everything['FUNCTIONS_URL']}/agora-channel-webhook"
    env["PATH"] = os.environ["PATH"]
    command = [sys.executable, "-m", "local.agora", "--port", str(config.port(Port.AGORA))]
    ready = answers(client, config.url(Port.AGORA))
    # Its first start makes the clip that recordings are cut from: seconds, or minutes where the machine is busy.
    await processes.keep("agora", command, env=env, ready=ready, patience=300)
