"""Checkpoints of training: on disk whole or not at all, and gone on from only by what made them."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from arcodec.errors import TrainingError

_VERSION = 1


class Checkpoint:
    """One file, which holds the state of one run.

    Args:
        path: of the file.
        run: what the run is determined by, as texts; a checkpoint of anything else is refused.
        warn: is told, once, when a state cannot be written.
    """

    def __init__(self, path: Path, run: Mapping[str, str], warn: Callable[[str], None]) -> None:
        self.path = path
        self._run = dict(run)
        self._warn = warn
        self._warned = False

    def load(self) -> dict[str, Any] | None:
        """The state that was saved last, its tensors in main memory; None if there is none.

        Raises:
            TrainingError: it cannot be read, or is of another run.
        """
        try:
            # Tensors, numbers and texts only: a file from elsewhere runs no code.
            kept = torch.load(self.path, map_location="cpu", weights_only=True)
            run, state = kept["run"], kept["state"]
            if kept["version"] != _VERSION or not isinstance(run, dict) or not isinstance(state, dict):
                raise ValueError("of another version")
        except FileNotFoundError:
            return None
        except Exception as error:  # torch has many for a file that is not its own, or cut short
            if isinstance(error, OSError):
                raise TrainingError(f"cannot read the checkpoint {self.path}: {error.strerror}") from None
            raise TrainingError(f"{self.path} is no checkpoint of this version; {_ADVICE}") from None
        if run != self._run:
            keys = [key for key in (*self._run, *run) if run.get(key) != self._run.get(key)]
            differences = [f"{key} {run.get(key, '-')}, not {self._run.get(key, '-')}" for key in dict.fromkeys(keys)]
            raise TrainingError(f"the checkpoint {self.path} is of another run ({'; '.join(differences)}); {_ADVICE}")
        return state

    def save(self, state: Mapping[str, Any]) -> bool:
        """Write a state; where that fails, the file stays as it was. Returns whether it was written."""
        whole = io.BytesIO()
        torch.save({"version": _VERSION, "run": self._run, "state": dict(state)}, whole)
        draft = ""
        try:
            fd, draft = tempfile.mkstemp(".tmp", f".{self.path.name}.arcodec-", self.path.parent)
            with open(fd, "wb") as file:
                file.write(whole.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.path)
            return True
        except OSError as error:
            if draft:
                with suppress(OSError):
                    os.unlink(draft)
            if not self._warned:
                self._warned = True
                older = "the last one stays" if self.path.exists() else "there is none"
                self._warn(f"cannot write the checkpoint {self.path}: {error.strerror}; {older}, training goes on")
            return False

    def remove(self) -> None:
        """Remove the file, if there is one."""
        with suppress(OSError):
            self.path.unlink()


_ADVICE = "remove it, or name another file with --checkpoint"
