"""The bucket that Agora writes recordings to: moto's S3 server. What is in it does not outlive the stack."""

import os
import signal
import sys

import aiohttp

from .config import Config, Port
from .processes import Processes, answers


async def start(config: Config, processes: Processes, client: aiohttp.ClientSession) -> None:
    """Start the server and make the recordings bucket in it."""
    url = config.url(Port.S3)
    command = [sys.executable, "-m", "local.s3_server", str(config.port(Port.S3))]
    env = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore"}
    # It has nothing to write down, and takes its time to notice a kind word.
    await processes.keep("s3", command, env=env, ready=answers(client, url), farewell=signal.SIGKILL)
    settings = config.env()
    scope = f"20260101/{settings['RECORDING_S3_REGION']}/s3/aws4_request"
    credential = f"{settings['RECORDING_S3_ACCESS_KEY']}/{scope}"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}"}  # moto believes it unsigned
    async with client.put(f"{url}/{settings['RECORDING_S3_BUCKET']}", headers=headers) as reply:
        reply.raise_for_status()
