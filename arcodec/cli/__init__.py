"""The command line: `main` finds the verb, runs it, and turns however it ends into an exit status.

One file per verb; `options` is what click reads, `files` keeps files safe, `run` goes over many, `show` draws.
Neither numba nor rich is imported before there is something to code or to draw.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

import click

from arcodec import __version__
from arcodec.cli import bench, compress, corpora, decompress, models, options, sample, score, show, test, train
from arcodec.cli import list as listing

VERBS = {
    verb.command.name: verb.command
    for verb in (compress, decompress, test, listing, train, score, sample, models, bench, corpora)
}
FAILED, MISUSED, INTERRUPTED = 1, 2, 130  # exit statuses; a signal n gives 128 + n

_HELP = """
Compress files losslessly, with models that predict each byte or pixel.

Without a verb, FILES are compressed, each FILE to FILE.arcz, or with -d, -t or -l decompressed, tested or
listed. Without FILES, or for -, standard input goes to standard output.

\b
Verbs (arcodec VERB -h says what each takes):
{verbs}
"""
_EXAMPLES = """
\b
Examples:
  arcodec notes.txt                   make notes.txt.arcz, verify it, keep notes.txt
  arcodec decompress notes.txt.arcz   make notes.txt again
  arcodec compress -r photos -o safe  compress what is in photos into the folder safe
  arcodec compress --pixels a.png     keep the pixels of a.png, not its very bytes
  arcodec list *.arcz                 show sizes, models, memory, checksums
  tar -I arcodec -cf x.tar.arcz x     pack a folder; tar -I arcodec -xf x.tar.arcz unpacks it
"""


class _StoppedError(BaseException):
    """A signal asks to end."""

    def __init__(self, number: int) -> None:
        self.number = number


def _version(context: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked:
        print(f"arcodec {__version__}")
        context.exit()


def _short(verb: str | None, **given: Any) -> int:
    """The form without a verb: what the verb does not take is ignored, as -9 with -d, for the sake of `tar -I`."""
    command = VERBS[verb or "compress"]
    taken = {option.name for option in command.params}
    status: int = click.get_current_context().invoke(command, **{k: v for k, v in given.items() if k in taken})
    return status


SHORT = click.Command(
    "arcodec",
    context_settings=options.CONTEXT,
    params=[
        *compress.command.params,
        click.Option(["-d", "verb"], flag_value="decompress", help="Decompress."),
        click.Option(["-t", "verb"], flag_value="test", help="Test."),
        click.Option(["-l", "verb"], flag_value="list", help="List."),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version.",
        ),
    ],
    callback=_short,
    help=_HELP.format(verbs="\n".join(f"  {n:<11} {c.get_short_help_str(200)}" for n, c in VERBS.items())),
    epilog=_EXAMPLES,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (that of the process if None); returns the exit status."""
    given = sys.argv[1:] if arguments is None else [*arguments]
    command, name = SHORT, "arcodec"
    if given and given[0] in VERBS:
        command, name = VERBS[given[0]], f"arcodec {given.pop(0)}"
    try:
        with _signals_raise():
            status = _invoke(command, name, given)
            if sys.stdout is not None:
                sys.stdout.flush()
            return status
    except click.UsageError as error:
        show.say(f"arcodec: {error.format_message()} ({name} -h helps)")
        return MISUSED
    except KeyboardInterrupt:
        show.say("arcodec: interrupted")
        return INTERRUPTED
    except _StoppedError as stop:
        show.say(f"arcodec: stopped by {signal.Signals(stop.number).name}")
        return 128 + stop.number
    except BrokenPipeError:
        return _die_of_broken_pipe()
    except Exception as error:
        show.complain(None, error, "-v" in given)
        _abandon_stdout()
        return FAILED


def _invoke(command: click.Command, name: str, given: list[str]) -> int:
    try:
        with command.make_context(name, [*given], obj=(name, *given)) as context:
            status: int = command.invoke(context)
            return status
    except click.exceptions.Exit as end:  # after --help or --version
        return end.exit_code


def _die_of_broken_pipe() -> int:
    """End as programs do whose reader has gone, so that shells and tar take it for that."""
    _abandon_stdout()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    return FAILED


def _abandon_stdout() -> None:
    """What is still in its buffer is not to fail once more when Python exits."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@contextmanager
def _signals_raise() -> Iterator[None]:
    """SIGTERM and SIGHUP end the work as Ctrl-C does, so that temporary files are removed."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for other in before:
            signal.signal(other, signal.SIG_IGN)  # what is being cleaned up is not to be disturbed
        raise _StoppedError(number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number and signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
