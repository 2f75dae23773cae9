"""Run the emulator: `python -m local.agora --port 54328`. Loopback only."""

import argparse
from functools import partial

from aiohttp import web

from .clock import Clock
from .faults import Faults
from .media import Studio
from .notices import Notices, Receiver
from .order import Order
from .server import Server
from .service import Service
from .settings import EmulatorSettings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.agora", description=__doc__)
    parser.add_argument(
        "--port", type=int, required=True, help="0 takes any free one; the second line printed names it"
    )
    arguments = parser.parse_args()
    web.run_app(
        _app(),
        host="127.0.0.1",
        port=arguments.port,
        access_log=None,
        shutdown_timeout=0.5,  # a call that a fault keeps silent must not keep us alive
        print=partial(print, flush=True),
    )


async def _app() -> web.Application:
    """Everything together. The media is made before the first request is taken."""
    settings = EmulatorSettings.read()
    clock, faults, order = Clock(settings.agora_emulator_speed), Faults(), Order(settings.agora_emulator_seed)
    print(f"What Agora promises no order for is shuffled with AGORA_EMULATOR_SEED={order.seed}", flush=True)
    recordings = Receiver.of(settings.agora_webhook_url, settings.agora_webhook_secret)
    channels = Receiver.of(settings.agora_channel_webhook_url, settings.agora_channel_webhook_secret)
    notices = Notices(recordings, channels if channels.secret else recordings, clock, faults, order)
    studio = Studio()
    await studio.open()
    service = Service(settings, clock, faults, order, notices, studio)
    app = Server(service).app()

    async def close(_: web.Application) -> None:
        service.forget()
        await notices.close()

    app.on_cleanup.append(close)
    return app


if __name__ == "__main__":
    main()
