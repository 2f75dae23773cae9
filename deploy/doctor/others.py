"""Whom we depend on, asked with the keys of the environment: Agora, its bucket, Stripe, and what carries mail."""

import asyncio
import smtplib
import ssl
import time
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import httpx

from shared.agora.settings import AgoraRestSettings, RecordingBucketSettings
from shared.settings import SupabaseSettings

from .findings import Environment, NotLookedAt

# A thread of the HTTP client lets go of the answer a moment later; it would abort a Python that has begun to end.
LETS_GO_S = 0.1
# What the webhook's function reads; another event is stored and means nothing.
EVENTS = {
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "charge.succeeded",
    "charge.updated",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
}


def agora(env: Environment) -> Iterator[str]:
    """Acquiring starts nothing and costs nothing, and needs the very credentials that recording needs."""
    settings = AgoraRestSettings.from_environment(env)
    for base in settings.base_urls:
        reply = httpx.post(
            f"{base}/v1/apps/{settings.agora_app_id}/cloud_recording/acquire",
            auth=(settings.agora_customer_id, settings.agora_customer_secret),
            json={"cname": "doctor", "uid": "4294967295", "clientRequest": {}},
            timeout=10,
        )
        if reply.status_code == 401:
            yield f"{base} refuses AGORA_CUSTOMER_ID and AGORA_CUSTOMER_SECRET"
        elif reply.status_code >= 300:
            yield f"{base} answers {reply.status_code}: {reply.text[:200]}"


def agoras_bucket(env: Environment) -> Iterator[str]:
    """Whether it can be listed with our key."""
    from shared.storage.bucket import Bucket, BucketUnavailable, SourceChanged

    settings = RecordingBucketSettings.from_environment(env)
    where = f"{settings.recording_s3_bucket} at {settings.recording_s3_endpoint}"
    try:
        asyncio.run(Bucket(settings).list("doctor/"))
    except BucketUnavailable as error:
        yield f"{where}: {error.details}"
    except SourceChanged:
        yield f"{where} is not there"
    time.sleep(LETS_GO_S)


def ffmpeg(env: Environment) -> Iterator[str]:
    """Nothing fails without it, so nobody would notice."""
    from functions.process_recording.ffmpeg import FfmpegSettings

    settings = FfmpegSettings.from_environment(env)
    if not settings.program:
        yield (
            f"{settings.ffmpeg_path or 'ffmpeg'} is not here; where process-recording finds none either, "
            "a recording of several takes stays several files to download"
        )


def stripe(env: Environment) -> Iterator[str]:
    """Asking for a list needs the very right that selling needs, and changes nothing."""
    from shared.payments import StripeSettings

    settings = StripeSettings.from_environment(env)
    base = settings.stripe_api_url.rstrip("/")
    headers = {"authorization": f"Bearer {settings.stripe_secret_key}"}
    reply = httpx.get(f"{base}/v1/checkout/sessions?limit=1", headers=headers, timeout=10)
    if reply.status_code in (401, 403):
        yield "STRIPE_SECRET_KEY is refused"
    elif reply.status_code != 200:
        yield f"{base} answers {reply.status_code}"
    else:
        yield from _webhook_endpoint(env, base, headers)


def _webhook_endpoint(env: Environment, base: str, headers: dict[str, str]) -> Iterator[str]:
    reply = httpx.get(f"{base}/v1/webhook_endpoints?limit=100", headers=headers, timeout=10)
    if reply.status_code in (401, 403):
        yield NotLookedAt(
            "Stripe's webhook endpoints: the restricted key STRIPE_SECRET_KEY may not read them"
        )
        return
    if reply.status_code != 200:
        yield f"{base} answers {reply.status_code} when asked for webhook endpoints"
        return
    ours = f"{SupabaseSettings.from_environment(env).public_functions_url}/stripe-session-webhook"
    listed = [each for each in reply.json()["data"] if each["url"] == ours]
    live = [each for each in listed if each["status"] == "enabled"]
    if not listed:
        yield f"Stripe has no webhook endpoint {ours}: payments are noticed minutes late, disputes not at all"
    elif not live:
        yield f"Stripe's webhook endpoint {ours} is disabled"
    else:
        events = {event for each in live for event in each["enabled_events"]}
        if "*" not in events and (missing := EVENTS - events):
            yield f"Stripe's webhook endpoint does not send {', '.join(sorted(missing))}"


def mail(env: Environment) -> Iterator[str]:
    """Postmark's own answer about the token, or the greeting of the mail server and whether it lets us in."""
    from functions.send_notifications.settings import MailSettings

    settings = MailSettings.from_environment(env)
    if settings.token:
        yield from _postmark(settings.postmark_api_url.rstrip("/"), settings.token)
    else:
        yield from _smtp(settings.smtp_url)


def _postmark(base: str, token: str) -> Iterator[str]:
    headers = {"x-postmark-server-token": token, "accept": "application/json"}
    reply = httpx.get(f"{base}/server", headers=headers, timeout=10)
    if reply.status_code == 401:
        yield "POSTMARK_SERVER_TOKEN is refused: no mail goes out"
    elif reply.status_code != 200:
        yield f"{base} answers {reply.status_code}"
    elif reply.json().get("DeliveryType") == "Sandbox":
        yield "POSTMARK_SERVER_TOKEN is of a sandbox server: mails are taken, and delivered to nobody"


def _smtp(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    where = f"SMTP_URL: {parts.hostname}:{parts.port or 587}"
    try:
        if parts.scheme == "smtps":
            tls = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                parts.hostname or "", parts.port or 465, timeout=10, context=tls
            )
        else:
            server = smtplib.SMTP(parts.hostname or "", parts.port or 587, timeout=10)
        with server:
            server.ehlo()
            if parts.scheme != "smtps" and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.noop()
    except smtplib.SMTPAuthenticationError as error:
        yield f"{where} refuses our name and password ({error.smtp_code})"
    except (OSError, smtplib.SMTPException) as error:
        yield f"{where} does not answer: {type(error).__name__}"
