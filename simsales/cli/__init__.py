"""The command line: thin commands over public functions. Each command is imported only when it is used."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from simsales.errors import SimsalesError
from simsales.safe_text import one_line, printable
from simsales.version import __version__

MOST_LINES = 100
"""Lines of an error that are printed; whoever has more faults will mend these first."""

_CANNOT_WRITE = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EBADF, getattr(errno, "EDQUOT", None)}

DEBUG = "simsales.debug"
"""The key of the context under which --debug is noted."""

COMMANDS = {  # name: where it is, and the first sentence of its help, so that --help imports no command
    "new": ("simsales.cli.new:new", "Copy the example scenarios into DIR, to start from."),
    "validate": ("simsales.cli.validate:validate", "Check scenario files, without simulating."),
    "run": ("simsales.cli.run:run", "Simulate a scenario many times and show its KPIs."),
    "compare": (
        "simsales.cli.compare:compare",
        "Simulate alternatives and say how they differ from the first.",
    ),
    "schema": ("simsales.cli.schema:schema", "Print the JSON Schema of scenario files."),
}


class _Lazy(click.Group):
    """A group that imports a command when it is used, and turns every error into a message and an exit
    code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from simsales.scenario.messages import near_miss

            close = near_miss(args[0], COMMANDS)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {close!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            value = super().invoke(ctx)
            sys.stdout.flush()
        except click.ClickException as error:
            error.message = printable(error.message)  # type: ignore[misc]
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt as stop:
            if type(stop) is KeyboardInterrupt and not stop.args:
                say("Interrupted.", err=True)
            ctx.exit(128 + _Ended.by)
        except BrokenPipeError:
            _close_stdout()
            ctx.exit(141)
        except SimsalesError as error:
            if ctx.meta.get(DEBUG):
                say(traceback.format_exc(), err=True)
            complain(str(error))
            for note in getattr(error, "__notes__", ()):
                say(f"hint: {note}", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            if ctx.meta.get(DEBUG):
                say(traceback.format_exc(), err=True)
            complain(_refusal(error))
            ctx.exit(1)
        except Exception as error:  # noqa: BLE001  # a bug gets one line, too
            if ctx.meta.get(DEBUG):
                say(traceback.format_exc(), err=True)
            hint = "this is a bug in simsales; --debug shows where it happened"
            complain(f"{type(error).__name__}: {error} ({hint})".replace("\n", " "))
            ctx.exit(1)
        return value


def complain(message: str) -> None:
    """Write the lines of ``message`` to standard error as errors, the first `MOST_LINES` of them."""
    lines = message.splitlines()
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"and {len(lines) - MOST_LINES:,} more"]
    for line in lines:
        click.echo(click.style(f"error: {printable(line)}", fg="red"), err=True)


def warn(message: str) -> None:
    """Write a line to standard error as a warning."""
    click.echo(click.style(f"warning: {one_line(message)}", fg="yellow"), err=True)


def say(message: str = "", *, err: bool = False) -> None:
    """Write a line to standard output or error, with nothing in it that a terminal obeys."""
    click.echo(printable(message), err=err)


def _refusal(error: OSError) -> str:
    """The refusal of the system, and the file concerned. Only open streams have no name: standard output."""
    place = error.filename
    if place is None and error.errno in _CANNOT_WRITE:
        place = "standard output"
        _close_stdout()
    reason = error.strerror or str(error) or type(error).__name__
    return reason if place is None else f"{place}: {reason}"


class _Ended:
    by: int = signal.SIGINT
    """The signal that ended the command."""


def _stop(number: int, _: object) -> None:
    """End as by Ctrl-C, once: results are closed, and it is said how to go on."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _Ended.by = number
    raise KeyboardInterrupt


def _close_stdout() -> None:
    """Discard what is still to be written, so that Python does not complain about it as it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="simsales")
def group() -> None:
    """Simulate a SaaS sales organization, and compare ways of organizing it.

    \b
    Examples:
      simsales new trial
      simsales validate trial/pod.yaml
      simsales compare trial/silo.yaml trial/pod.yaml

    Every command explains itself: simsales COMMAND --help
    """


def main() -> None:
    """Run the command line, and end the process with the command's exit code."""
    for closed in ("stdout", "stderr"):
        if getattr(sys, closed) is None:  # (and its number is free, which the next file would get)
            setattr(sys, closed, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            # The console of an old Windows lacks some letters.
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, _stop)
    try:
        group(prog_name="simsales")
    except OSError as error:  # from the help and the version, which are printed before any command begins
        complain(_refusal(error))
        sys.exit(1)
