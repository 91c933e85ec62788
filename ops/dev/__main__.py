"""The command line of the development servers: ``python -m ops.dev``.

Run by developers, by ``make test`` and by ``make demo ODOO=real``.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence

from ops.dev import debian
from ops.dev.errors import DevError
from ops.dev.odoo_package import PROGRAMS
from ops.dev.report import say, timed
from ops.dev.stack import NAMES, Stack


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all went well, 1 when a server failed (or, for ``status``, is down)."""
    options = _parser().parse_args(arguments)
    try:
        result: int | None = options.run(Stack.from_environ(), options)
    except DevError as error:
        sys.stderr.write(f"error: {error}\n" + (f"  what to do: {error.hint}\n" if error.hint else ""))
        return 1
    return result or 0


def _up(stack: Stack, options: argparse.Namespace) -> None:
    with timed("all", "up"):
        stack.up(options.services or NAMES)
    say("", 'for your shell: eval "$(python -m ops.dev env)"')


def _down(stack: Stack, options: argparse.Namespace) -> None:
    with timed("all", "down; data stays for the next up"):
        stack.down(options.services or NAMES)


def _purge(stack: Stack, _options: argparse.Namespace) -> None:
    with timed("all", f"down; {stack.folder.path} deleted"):
        stack.purge()


def _status(stack: Stack, _options: argparse.Namespace) -> int:
    services = stack.services()
    up = [service.answers() for service in services]
    for service, answers in zip(services, up, strict=True):
        where = f"named by {service.variable}" if service.given else f"127.0.0.1:{service.port}"
        pid = "" if service.given or service.process.pid is None else f", pid {service.process.pid}"
        sys.stdout.write(f"{service.name:<10} {'up  ' if answers else 'down'} {where}{pid}\n")
    return 0 if all(up) else 1


def _env(stack: Stack, _options: argparse.Namespace) -> None:
    variables = stack.env()
    for service in stack.services():
        if service.variable not in variables:
            say(service.name, "is down, so its variables are left out")
    _print_exports(variables)


def _clone(stack: Stack, options: argparse.Namespace) -> None:
    with timed("odoo", f"database {options.database} cloned"):
        variables = stack.odoo.clone(options.database)
    _print_exports(variables)


def _python(_stack: Stack, _options: argparse.Namespace) -> None:
    debian.ensure(*PROGRAMS)


def _print_exports(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.dev", description="Real servers for development and tests.")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for verb, run, text in (("up", _up, "bring up what is not there"), ("down", _down, "end our own servers")):
        command = _add(verbs, verb, text, run)
        command.add_argument("services", nargs="*", type=_service, metavar="SERVICE", help=f"{', '.join(NAMES)}")
    _add(verbs, "status", "say which servers answer", _status)
    _add(verbs, "env", "print the variables for eval", _env)
    _add(verbs, "purge", "end our own servers and delete all their data", _purge)
    _add(verbs, "python", "install what 'python -m venv' needs", _python)
    odoo = verbs.add_parser("odoo", help="clone and drop databases, stop and start the server")
    odoo_verbs = odoo.add_subparsers(required=True, metavar="COMMAND")
    _add(odoo_verbs, "clone", "make a fresh database", _clone).add_argument("database")
    drop = _add(odoo_verbs, "drop", "drop a database", lambda stack, options: stack.odoo.drop(options.database))
    drop.add_argument("database")
    _add(odoo_verbs, "stop", "end the server", lambda stack, _: stack.odoo.stop())
    _add(odoo_verbs, "start", "start the server again", lambda stack, _: stack.odoo.start())
    rabbitmq = verbs.add_parser("rabbitmq", help="take the broker away and bring it back")
    rabbitmq_verbs = rabbitmq.add_subparsers(required=True, metavar="COMMAND")
    _add(rabbitmq_verbs, "stop-app", "stop the broker, not its runtime", lambda stack, _: stack.rabbitmq.stop_app())
    _add(rabbitmq_verbs, "start-app", "start the broker again", lambda stack, _: stack.rabbitmq.start_app())
    _add(rabbitmq_verbs, "restart", "end the node and start it again", lambda stack, _: stack.rabbitmq.restart())
    return parser


def _add(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],  # argparse has no public name for it
    verb: str,
    text: str,
    run: Callable[[Stack, argparse.Namespace], int | None],
) -> argparse.ArgumentParser:
    command = verbs.add_parser(verb, help=text, description=text.capitalize() + ".")
    command.set_defaults(run=run)
    return command


def _service(name: str) -> str:
    if name not in NAMES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(NAMES)}")
    return name


if __name__ == "__main__":
    raise SystemExit(main())
