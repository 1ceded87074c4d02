"""Rivals that are programs, as `commands.toml` or a file like it describes them."""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arcodec.bench.codec import ALL_KINDS, Codec, RivalError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

COMMANDS = Path(__file__).with_name("commands.toml")


def read_commands(path: str | os.PathLike[str] = COMMANDS) -> list[Codec]:
    """The codecs of a file like `commands.toml`, installed or not.

    Raises:
        RivalError: it is not as that file says it must be.
        OSError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            rows = tomllib.load(file)["codec"]
        return [_command(row) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        text = f"a codec lacks {error}" if isinstance(error, KeyError) else str(error)
        raise RivalError(f"{os.fspath(path)} does not describe codecs: {text}") from None


def _command(row: dict[str, Any]) -> Codec:
    row = {"family": row["name"].split(" -")[0], "packed": "packed", "speed": 1.0, **row}
    unknown = set(row) - {"name", "family", "kinds", "encode", "decode", "packed", "version", "speed"}
    if unknown:
        raise ValueError(f"there is no field {', '.join(sorted(unknown))}")
    if not set(row["kinds"]) <= set(ALL_KINDS):
        raise ValueError(f"{row['name']}: kinds are {', '.join(ALL_KINDS)}")
    arguments = {key: row[key] for key in ("encode", "decode", "packed", "version")}
    return Codec(
        row["name"], row["family"], row["encode"], tuple(row["kinds"]), f"{__name__}:Program", arguments,
        form="files", speed=row["speed"],
    )  # fmt: skip


def on_path(codec: Codec) -> bool:
    """Whether a program is there, and is the one that is meant."""
    if not shutil.which(shlex.split(codec.arguments["encode"])[0]):
        return False
    try:
        return bool(Program(**codec.arguments).version)
    except (OSError, subprocess.SubprocessError, RivalError):
        return False


class Program:
    """A program as a codec of files: it works in the folder of what it is given.

    Args:
        encode: command line, with {in} and {packed}.
        decode: command line, with {packed} and {out}.
        packed: name of the compressed file; * for what the program adds to it.
        version: command line, and the pattern that its output must match.
    """

    def __init__(self, encode: str, decode: str, packed: str, version: Sequence[str]) -> None:
        self._encode = encode
        self._decode = decode
        self._packed = packed
        command, pattern = version
        run = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=10,
        )
        match = re.search(pattern, run.stdout.decode(errors="replace"))
        if match is None:
            raise RivalError(f"`{command}` is not the program that is meant: its output does not match {pattern}")
        self.version = match[1]

    def encode(self, source: Path) -> tuple[list[str], Path]:
        """The command line for a file, and what the result will be called."""
        name = self._packed.replace("*", "")
        return self._words(self._encode, {"in": source.name, "packed": name}), source.parent / self._packed

    def decode(self, packed: Path, target: Path, source: str) -> list[str]:
        """The command line that makes `target`; the original file was called `source`."""
        return self._words(self._decode, {"packed": packed.name, "out": target.name, "in": source})

    def model(self, packed: bytes) -> int:
        """None: all it needs is in the file and the program."""
        return 0

    @staticmethod
    def found(pattern: Path) -> Path:
        """The one file that is called so.

        Raises:
            RivalError: there is none.
        """
        for name in glob.glob(glob.escape(str(pattern.parent)) + os.sep + pattern.name):
            return Path(name)
        raise RivalError(f"it made no file {pattern.name}")

    @staticmethod
    def _words(command: str, names: dict[str, str]) -> list[str]:
        return [re.sub(r"\{(\w+)\}", lambda match: names[match[1]], word) for word in shlex.split(command)]
