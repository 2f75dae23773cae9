"""The commands of `python -m deploy`; its `__init__` says what each one does."""

import argparse

import deploy

from . import (
    audit,
    bundle,
    doctor,
    errors,
    image,
    languages,
    migrations,
    openapi,
    platform_parts,
    release,
    render,
    rollout,
    rotate_banking_keys,
    routes,
    types,
)


def main() -> None:
    """Read the command line and carry it out."""
    said = commands().parse_args()
    said.do(said)


def commands() -> argparse.ArgumentParser:
    """What can be said."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy", description=deploy.__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    known = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, write in (
        ("routes", routes.write),
        ("openapi", openapi.write),
        ("errors", errors.write),
        ("types", types.write),
        ("languages", languages.write),
        ("release", release.write),
        ("platform-parts", platform_parts.write),
        ("rotate-banking-keys", rotate_banking_keys.rotate),
    ):
        known.add_parser(name).set_defaults(do=lambda _, write=write: write())
    for name, write_some in (
        ("bundle", bundle.write),
        ("doctor", doctor.examine),
    ):
        command = known.add_parser(name)
        command.add_argument("functions", nargs="*", metavar="name")
        command.set_defaults(do=lambda said, write=write_some: write(said.functions))
    command = known.add_parser("image")
    command.add_argument(
        "--base",
        help="any image with deploy.yaml's Python, in place of the official one that the Containerfile names",
    )
    command.add_argument("--recording", action="store_true", help="with ffmpeg, for process-recording")
    command.add_argument("--engine", help="docker, podman or buildah, with its own options")
    command.add_argument("options", nargs="*", help="for the engine, after --")
    command.set_defaults(
        do=lambda said: image.write(
            base=said.base, recording=said.recording, engine=said.engine, options=said.options
        )
    )
    command = known.add_parser("verify-audit-log")
    command.add_argument("heads", nargs="*", metavar="position:hash")
    command.set_defaults(do=lambda said: audit.verify(said.heads))
    command = known.add_parser("migrations")
    command.add_argument(
        "--beside", required=True, metavar="DIR", help="the platform's repository, or its migrations"
    )
    command.add_argument("--closing", action="store_true", help="with the closing files")
    command.set_defaults(do=lambda said: migrations.write(said.beside, closing=said.closing))
    command = known.add_parser("render")
    _where(command)
    command.add_argument("--into", metavar="FOLDER", help="instead of build/render/<environment>/<platform>")
    command.set_defaults(
        do=lambda said: render.write(said.functions, said.to, said.env, said.image, said.shape, said.into)
    )
    for name, carry_out in (
        ("plan", rollout.plan),
        ("apply", rollout.apply),
        ("rollback", rollout.rollback),
        ("status", rollout.status),
    ):
        command = known.add_parser(name)
        _where(command)
        command.add_argument(
            "--print", action="store_true", help="print what would be run, and change nothing"
        )
        command.set_defaults(do=lambda said, carry_out=carry_out: carry_out(_rollout(said), said.functions))
    return parser


def _rollout(said: argparse.Namespace) -> rollout.Rollout:
    needs_image = said.command in ("plan", "apply")
    return rollout.Rollout(said.to, said.env, said.image, said.shape, said.print, needs_image=needs_image)


def _where(command: argparse.ArgumentParser) -> None:
    """What a rendering, a plan and a roll-out are told alike."""
    command.add_argument("functions", nargs="*", metavar="name")
    command.add_argument("--to", choices=render.TARGETS, required=True)
    command.add_argument(
        "--env", default="production", help="a file of deploy/environments, or the path of another"
    )
    command.add_argument(
        "--image", metavar="REPOSITORY@sha256:…", help="instead of the one that `make image` built"
    )
    command.add_argument(
        "--shape", choices=("each", "one"), help="a service for each function, or one for all"
    )


if __name__ == "__main__":
    main()
