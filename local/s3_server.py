"""Run the bucket server: `python -m local.s3_server 54329`. Loopback only.

Started by itself moto serves everything that AWS offers, and looks through two hundred folders with each request for
the service that is meant: half of what a request costs. This serves S3.
"""

import sys

from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple


class Handler(MotoRequestHandler):
    """Keeps no log of requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main() -> None:
    app = create_backend_app("s3")
    run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Handler)


if __name__ == "__main__":
    main()
