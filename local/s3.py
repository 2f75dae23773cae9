"""The bucket that Agora writes recordings to: moto's S3 server. What is in it does not outlive the process.

Killed, it comes back with its bucket, and the bucket is empty: as if a machine was lost (docs/decisions/0036).
"""

import os
import sys

import aiohttp

from .config import Config, Port
from .processes import Processes, answers


async def start(config: Config, processes: Processes, client: aiohttp.ClientSession) -> None:
    """Start the server, which makes the recordings bucket whenever it starts."""
    settings = config.env()
    bucket = [settings["RECORDING_S3_BUCKET"], settings["RECORDING_S3_REGION"]]
    command = [sys.executable, "-m", "local.s3_server", str(config.port(Port.S3)), *bucket]
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONWARNINGS": "ignore",
        "S3_ACCESS_KEY": settings["RECORDING_S3_ACCESS_KEY"],
        "S3_SECRET_KEY": settings["RECORDING_S3_SECRET_KEY"],
    }
    await processes.keep("s3", command, env=env, ready=answers(client, config.url(Port.S3)))
