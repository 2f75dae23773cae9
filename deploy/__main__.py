"""The commands of `python -m deploy`; its `__init__` says what each one does."""

import argparse

import deploy

from . import audit, bundle, doctor, image, manifest, openapi, rotate_banking_keys, routes


def main() -> None:
    """Read the command line and carry it out."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy", description=deploy.__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, write in (
        ("routes", routes.write),
        ("openapi", openapi.write),
        ("rotate-banking-keys", rotate_banking_keys.rotate),
    ):
        commands.add_parser(name).set_defaults(do=lambda _, write=write: write())
    for name, write_some in (
        ("bundle", bundle.write),
        ("manifest", manifest.write),
        ("doctor", doctor.examine),
    ):
        command = commands.add_parser(name)
        command.add_argument("functions", nargs="*", metavar="name")
        command.set_defaults(do=lambda said, write=write_some: write(said.functions))
    command = commands.add_parser("image")
    command.add_argument(
        "--base", help="Python 3.11, in place of the official one that the Containerfile names"
    )
    command.add_argument("--recording", action="store_true", help="with ffmpeg, for process-recording")
    command.add_argument("--engine", help="docker, podman or buildah, with its own options")
    command.add_argument("options", nargs="*", help="for the engine, after --")
    command.set_defaults(
        do=lambda said: image.write(
            base=said.base, recording=said.recording, engine=said.engine, options=said.options
        )
    )
    command = commands.add_parser("verify-audit-log")
    command.add_argument("heads", nargs="*", metavar="position:hash")
    command.set_defaults(do=lambda said: audit.verify(said.heads))
    said = parser.parse_args()
    said.do(said)


if __name__ == "__main__":
    main()
