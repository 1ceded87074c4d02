"""arcodec compress."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from arcodec.cli import files, options
from arcodec.cli.files import STDIN
from arcodec.cli.options import Coding, Common, Target
from arcodec.cli.run import Item, Run, announce_compiling, details, packed
from arcodec.cli.show import say, shown
from arcodec.container import SUFFIX
from arcodec.errors import ArcodecError, FileRefusedError, VerifyError
from arcodec.listing import read_info

if TYPE_CHECKING:
    from arcodec.compressor import Options, Report

_PNG = b"\x89PNG\r\n\x1a\n"
_HINT_LIMIT = 64 << 20  # bytes; larger images take too long for a hint


def compress(files: tuple[str, ...], coding: Coding, target: Target, common: Common) -> int:
    """Compress files, each FILE to FILE.arcz.

    Without any, standard input goes to standard output.
    """
    target.check(files, common.recursive)
    if not target.keep and not coding.verify:
        raise click.UsageError("--rm needs the check that --no-verify leaves out")
    run = Run(common, packing=True)
    return run.each(files, _Compression(run, coding, target).work)


class _Compression:
    """What is the same for all inputs."""

    def __init__(self, run: Run, coding: Coding, target: Target) -> None:
        self._run = run
        self._coding = coding
        self._target = target
        self._hinted = False

    def work(self, item: Item) -> None:
        """Compress one input."""
        if packed(item.path) and not self._target.force:
            raise FileRefusedError(f"is compressed already, by its suffix {SUFFIX}; -f compresses it again")
        with files.opened(item.path, to_remove=not self._target.keep) as source:
            if self._target.stdout or (item.path == STDIN and self._target.output is None):
                self._to_stdout(item, source)
            else:
                self._to_file(item, source)
                if not self._target.keep:
                    source.remove()

    def _to_stdout(self, item: Item, source: files.Input) -> None:
        if os.isatty(1) and not self._target.force:
            raise FileRefusedError("compressed data are not for a terminal; use -o, redirect, or insist with -f")
        sink = files.Stdout()
        report, seconds = self._compress(item, source, sink, self._options(verify=self._coding.verify))
        self._run.done(item, report.size_in, report.size_out, seconds, report.content, aside=True)

    def _to_file(self, item: Item, source: files.Input) -> None:
        name = os.path.basename(item.path) + SUFFIX
        with self._run.output(item, name, self._target, source) as output:
            report, seconds = self._compress(item, source, output, self._options(verify=False))
            notes = f"compressing {seconds:.1f} s"
            with open(output.temporary, "rb") as written:
                info = read_info(written, seekable=True)
                if self._coding.verify:
                    written.seek(0)
                    again, checking = self._run.decode(item.path, written, info, files.Nothing(), "verifying")
                    if again.digest != report.digest:
                        raise VerifyError(
                            "the output does not decode to the input; it was removed; please report this"
                        )
                    notes += f", verifying {checking:.1f} s"
                    seconds += checking
            output.commit(source.status)
        self._run.done(item, report.size_in, report.size_out, seconds, f"{details(info)}; {notes}")
        self._hint(item, source, report)

    def _options(self, *, verify: bool) -> Options:
        announce_compiling()
        from arcodec.compressor import DEFAULT_LEVEL, Options

        coding, run = self._coding, self._run
        level = coding.level or DEFAULT_LEVEL
        return Options(level, coding.model, coding.pixels, coding.embed_model, run.threads, verify, run.common.memory)

    def _compress(
        self, item: Item, source: files.Input, sink: files.CountingSink, chosen: Options, phase: str = ""
    ) -> tuple[Report, float]:
        from arcodec.compressor import compress_stream

        size = source.status.st_size if source.status else None
        with self._run.meter(item.path, size, phase) as meter:
            report = compress_stream(source.file, sink, chosen, meter)
            source.refuse_changed(report.size_in)
            return report, meter.seconds

    def _hint(self, item: Item, source: files.Input, report: Report) -> None:
        """Say, once, what --pixels would have saved if a PNG is kept as bytes; that is found out by trying."""
        unwanted = self._run.common.quiet or self._coding.pixels or self._coding.model or report.content == "png"
        if self._hinted or unwanted or report.size_in > _HINT_LIMIT:
            return
        source.file.seek(0)
        if source.file.read(len(_PNG)) != _PNG:
            return
        self._hinted = True
        source.file.seek(0)
        chosen = replace(self._options(verify=False), pixels=True)
        with suppress(ArcodecError):  # what was asked for is done
            other, _ = self._compress(item, source, files.Nothing(), chosen, "trying --pixels on")
            if other.size_out < report.size_out:
                saved = 1 - other.size_out / report.size_out
                say(
                    f"hint: --pixels would make {shown(item.path)} {other.size_out:,} bytes ({saved:.0%} smaller), "
                    "keeping pixels and metadata but not the file's very bytes"
                )


command = click.Command(
    "compress",
    context_settings=options.CONTEXT,
    params=[options.FILES, *options.CODING, *options.TARGET, *options.COMMON],
    callback=options.bundled(compress, coding=Coding, target=Target, common=Common),
    help=compress.__doc__,
)
