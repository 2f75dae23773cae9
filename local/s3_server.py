"""Run the bucket server: `python -m local.s3_server 54329 agora-recordings us-east-1`. Loopback only.

It begins with that bucket, or with none if none is named.

Started by itself moto serves everything that AWS offers, and looks through two hundred folders with each request for
the service that is meant: half of what a request costs. This serves S3. With S3_ACCESS_KEY and S3_SECRET_KEY in its
environment it takes only what is signed with them; moto itself takes every key.
"""

import hashlib
import hmac
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import run_simple


class Handler(MotoRequestHandler):
    """Keeps no log of requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Guard:
    """Refuses what is not signed with its key, as S3 does (AWS Signature Version 4, in the header)."""

    SIGNED = re.compile(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([\w;-]+), ?Signature=([\da-f]{64})"
    )

    def __init__(self, app: Callable[..., Iterable[bytes]], access_key: str, secret_key: str) -> None:
        self._app, self._access_key, self._secret_key = app, access_key, secret_key

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        code = self._find_fault(environ)
        if code is None:
            return self._app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()]

    def _find_fault(self, environ: dict[str, Any]) -> str | None:
        found = self.SIGNED.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if not found:
            return "AccessDenied"
        access_key, day, region, names, signature = found.groups()
        if access_key != self._access_key:
            return "InvalidAccessKeyId"
        path, _, query = environ["RAW_URI"].partition("?")
        pairs = sorted(each if "=" in each else f"{each}=" for each in query.split("&") if each)
        headers = [f"{name}:{' '.join(_header(environ, name).split())}\n" for name in names.split(";")]
        hashed = _header(environ, "x-amz-content-sha256")
        request = "\n".join(
            [environ["REQUEST_METHOD"], path, "&".join(pairs), "".join(headers), names, hashed]
        )
        scope = f"{day}/{region}/s3/aws4_request"
        told = "\n".join(
            [
                "AWS4-HMAC-SHA256",
                _header(environ, "x-amz-date"),
                scope,
                hashlib.sha256(request.encode()).hexdigest(),
            ]
        )
        key = f"AWS4{self._secret_key}".encode()
        for part in (day, region, "s3", "aws4_request", told):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return None if hmac.compare_digest(key.hex(), signature) else "SignatureDoesNotMatch"


def _header(environ: dict[str, Any], name: str) -> str:
    written = name.upper().replace("-", "_")
    if written not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        written = f"HTTP_{written}"
    return str(environ.get(written, ""))


def main() -> None:
    # At once: there is nothing to write down, and it takes its time to notice a kind word.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    port, *bucket_and_region = sys.argv[1:]
    if bucket_and_region:
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(*bucket_and_region)
    app: Callable[..., Iterable[bytes]] = create_backend_app("s3")
    if "S3_ACCESS_KEY" in os.environ:
        app = Guard(app, os.environ["S3_ACCESS_KEY"], os.environ["S3_SECRET_KEY"])
    run_simple("127.0.0.1", int(port), app, threaded=True, request_handler=Handler)


if __name__ == "__main__":
    main()
