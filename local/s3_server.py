"""Run the bucket server: `python -m local.s3_server 54329 agora-recordings us-east-1`. Loopback only.

It begins with that bucket, or with none if none is named.

Started by itself moto serves everything that AWS offers, and looks through two hundred folders with each request for
the service that is meant: half of what a request costs. This serves S3.
"""

import os
import signal
import sys

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import run_simple


class Handler(MotoRequestHandler):
    """Keeps no log of requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main() -> None:
    # At once: there is nothing to write down, and it takes its time to notice a kind word.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    port, *bucket_and_region = sys.argv[1:]
    if bucket_and_region:
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(*bucket_and_region)
    app = create_backend_app("s3")
    run_simple("127.0.0.1", int(port), app, threaded=True, request_handler=Handler)


if __name__ == "__main__":
    main()
