"""Every call to the world outside has a deadline for the whole of it: over all code that can reach a network."""

import ast
import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import httpx
import imageio_ffmpeg  # type: ignore[import-untyped]
import pytest

from deploy.functions import ROOT
from functions.process_recording import ffmpeg
from functions.process_recording.sources import AS_FRAGMENTS
from functions.send_notifications.carriers import Carried, Smtp
from functions.send_notifications.message import Message
from functions.send_notifications.settings import MailSettings
from shared import outside
from shared.agora.settings import RecordingBucketSettings
from shared.errors import Unavailable
from shared.http import send
from shared.outside import PART_BYTES, STREAMED, client_over
from shared.payments import Payments, StripeSettings
from shared.receivers import ToReceivers
from shared.storage import carrier
from shared.storage.bucket import Bucket
from shared.storage.carrier import Lost
from tests.dripping import BODY, HEAD, SMTP, dripping

# What opens connections. `stripe` and `botocore` do so too unless they are given another way.
NETWORK = {
    "aiohttp", "aiosmtplib", "asyncio.create_subprocess_exec", "asyncio.open_connection", "boto3", "botocore",
    "ftplib", "http.client", "httpcore",
    "imaplib", "postgrest", "psycopg", "pyreqwest", "requests", "smtplib", "socket", "stripe", "supabase",
    "urllib.request", "urllib3", "websockets",
}  # fmt: skip
# httpx is imported in many places for its types and errors. These of its names open connections.
OPENERS = {
    "AsyncClient", "Client", "AsyncHTTPTransport", "HTTPTransport", "request", "stream", "get", "post", "put", "patch",
    "delete", "head", "options",
}  # fmt: skip
PLACES = {HEAD: "head", BODY: "body", SMTP: "banner"}
WHOLE_S = 1.5
TIMEOUT = httpx.Timeout(WHOLE_S, connect=3)


async def by_httpx(address: str) -> None:
    async with client_over(outside.carrier(kept=0)) as client:
        await client.post(f"http://{address}/", json={}, timeout=TIMEOUT)


async def by_stream(address: str) -> None:
    async with (
        client_over(outside.carrier(kept=0)) as client,
        client.stream("GET", f"http://{address}/", timeout=TIMEOUT, extensions=STREAMED) as reply,
    ):
        [piece async for piece in reply.aiter_raw()]


async def by_the_hot_path(address: str) -> None:
    await send("GET", f"http://{address}/", {})


async def by_the_carrier(address: str) -> None:
    await carrier.send("PATCH", f"http://{address}/", {}, b"{}", timeout_s=WHOLE_S)


async def by_the_carriers_stream(address: str) -> None:
    stream = await carrier.open_stream("GET", f"http://{address}/", {}, timeout_s=WHOLE_S)
    await stream.read_all()


async def to_a_receiver(address: str) -> None:
    async with client_over(ToReceivers(is_loopback_allowed=True)) as client:
        await client.post(f"http://{address}/", content=b"{}", timeout=TIMEOUT)


async def to_stripe(address: str) -> None:
    settings = StripeSettings(stripe_secret_key="sk_test_x", stripe_api_url=f"http://{address}")
    async with client_over(outside.carrier(kept=0)) as client:
        await Payments(settings, client).fetch("cs_1")


async def to_the_bucket(address: str) -> None:
    settings = RecordingBucketSettings.from_environment(
        {
            "RECORDING_S3_ENDPOINT": f"http://{address}",
            "RECORDING_S3_BUCKET": "b",
            "RECORDING_S3_REGION": "us-east-1",
            "RECORDING_S3_ACCESS_KEY": "x",
            "RECORDING_S3_SECRET_KEY": "x",
            "RECORDING_S3_VENDOR": "11",
            "RECORDING_S3_REGION_CODE": "0",
        }
    )
    await Bucket(settings, WHOLE_S).read("recording.mp4")


async def by_smtp(address: str) -> None:
    settings = MailSettings.from_environment(
        {
            "SMTP_URL": f"{address}",
            "POSTMARK_FROM_EMAIL": "from@mail.test",
            "SUPPORT_EMAIL": "help@mail.test",
        }
    )
    message = Message(to="to@mail.test", subject="Subject", text="Text", html="<p>Text</p>", model={})
    carried = await Smtp(settings, WHOLE_S).send(UUID(int=1), message, {}, "welcome")
    assert carried == Carried("later", reason="not_reached")
    raise Unavailable()


async def by_ffmpeg(address: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ffmpeg, "QUIET_S", WHOLE_S)
        source = ffmpeg.from_address("mp4", f"http://{address}/film.mp4")
        try:
            [piece async for piece in ffmpeg.run(imageio_ffmpeg.get_ffmpeg_exe(), [*source, *AS_FRAGMENTS])]
        except ffmpeg.FfmpegFailed as error:
            raise Unavailable() from error


Call = Callable[[str], Awaitable[None]]
# Whoever may open a connection, how a test makes it do so, and the most seconds that this may take. New code goes by
# `outside()`; where it cannot, it stands here, with a test of its own.
WAYS: dict[str, list[tuple[Call, bytes, float]]] = {
    "shared/outside.py": [
        (by_httpx, HEAD, WHOLE_S),
        (by_httpx, BODY, WHOLE_S),
        (by_stream, HEAD, WHOLE_S),
        (by_stream, BODY, WHOLE_S),
    ],
    "shared/http.py": [(by_the_hot_path, HEAD, 15), (by_the_hot_path, BODY, 15)],
    "shared/payments.py": [(to_stripe, HEAD, 18), (to_stripe, BODY, 18)],  # twice eight seconds
    "shared/payment_facts.py": [],  # stripe, to verify a signature
    "shared/storage/bucket.py": [(to_the_bucket, HEAD, 10), (to_the_bucket, BODY, 10)],  # three times
    "shared/storage/carrier.py": [
        (by_the_carrier, HEAD, WHOLE_S),
        (by_the_carrier, BODY, WHOLE_S),
        (by_the_carriers_stream, HEAD, WHOLE_S),
        (by_the_carriers_stream, BODY, WHOLE_S),
    ],
    "shared/receivers.py": [
        (to_a_receiver, HEAD, WHOLE_S),
        (to_a_receiver, BODY, WHOLE_S),
    ],
    "functions/read_busy_calendars/main.py": [],  # a process without a network, which ends in time
    "functions/process_recording/ffmpeg.py": [(by_ffmpeg, HEAD, WHOLE_S), (by_ffmpeg, BODY, WHOLE_S)],
    "functions/send_notifications/carriers.py": [(by_smtp, SMTP, WHOLE_S)],
}


def opened(file: Path) -> set[str]:
    """What a file imports or names that opens connections."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=aliases):
                found |= {alias.name for alias in aliases}
            case ast.ImportFrom(level=0, module=str(module), names=aliases):
                found |= {module, *(f"{module}.{alias.name}" for alias in aliases)}
            case ast.Attribute(value=ast.Name(id="httpx"), attr=name) if name in OPENERS:
                found.add(f"httpx.{name}()")
            case ast.Attribute(
                value=ast.Name(id="asyncio"), attr=("open_connection" | "create_subprocess_exec") as name
            ):
                found.add(f"asyncio.{name}")
    known = NETWORK | {f"httpx.{name}" for name in OPENERS}
    return {
        name
        for name in found
        if name.endswith("()") or any(f"{name}.".startswith(f"{each}.") for each in known)
    }


def test_nothing_opens_a_connection_past_the_ways_that_end_in_time() -> None:
    """What is new goes by `shared.outside`, where every call has a deadline."""
    files = [file for folder in ("functions", "shared") for file in (ROOT / folder).rglob("*.py")]
    found = {str(file.relative_to(ROOT)): names for file in files if (names := opened(file))}
    # For its types alone: what it carries is typed as a client, and made elsewhere.
    strangers = {
        file: left
        for file, names in found.items()
        if file not in WAYS and (left := names - {"httpx.AsyncClient()"})
    }

    assert not strangers
    assert found.keys() >= WAYS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "first", "most_s"),
    [way for ways in WAYS.values() for way in ways],
    ids=lambda value: (
        value.__name__ if callable(value) else {HEAD: "head", BODY: "body", SMTP: "banner"}.get(value, "")
    ),
)
async def test_a_server_that_drips_is_given_up(call: Call, first: bytes, most_s: float) -> None:
    """A byte every moment, so that no single read is late; and the caller hears that nobody answered."""
    with dripping(first) as address:
        began = time.monotonic()
        with pytest.raises((httpx.TransportError, Lost, Unavailable)):
            await call(f"smtp://{address}" if call is by_smtp else address)

        assert time.monotonic() - began < most_s + 1.5


@pytest.mark.slow
async def test_what_streams_may_take_its_time_while_it_streams() -> None:
    """With each MiB the time begins anew; what is not streamed has its time for the whole."""

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            for _ in range(4):
                await asyncio.sleep(WHOLE_S * 0.6)
                yield b"x" * PART_BYTES

    class Server(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=Slow())

    async with client_over(Server()) as client:
        async with client.stream("GET", "http://x/", timeout=TIMEOUT, extensions=STREAMED) as reply:
            read = [len(piece) async for piece in reply.aiter_raw()]
        with pytest.raises(httpx.ReadTimeout):
            await client.get("http://x/", timeout=TIMEOUT)

    assert read == [PART_BYTES] * 4
