"""The errors that arcodec raises on purpose, one small tree.

    ArcodecError
    +-- FormatError          the input is not what a reader of this format can accept
    |   +-- NotArcodecError      it does not begin like an .arcz file
    |   +-- VersionError         it was written by a later format version
    |   +-- CorruptError         a checksum, size or count contradicts another
    |   +-- TruncatedError       it ends too early
    |   +-- TrailingDataError    something that is no .arcz follows the end
    +-- ModelError           a model cannot be had or used
    |   +-- UnknownModelError    no model of that id or name was found
    |   +-- ModelFileError       a model file is malformed or of a wrong kind
    +-- LimitError           a stated limit (memory, output size) would be exceeded
    +-- VerifyError          decoding what was just written did not give the input back
    +-- FileRefusedError     a file cannot be read, written or replaced as asked
    +-- TrainingError        a model cannot be trained on these files, or not as asked
    +-- RecordError, RivalError, CorpusError    of `arcodec.bench`: measurements, codecs, files to measure

A message names the file or chunk where it is known, what was expected, and what to do next.
"""

from __future__ import annotations


class ArcodecError(Exception):
    """Base of all errors that arcodec raises on purpose."""


class FormatError(ArcodecError):
    """The input is not an .arcz stream that this version can read."""


class NotArcodecError(FormatError):
    """The input does not begin with the .arcz signature."""


class VersionError(FormatError):
    """The input was written in a later version of the format."""


class CorruptError(FormatError):
    """A checksum, a size or a count in the input contradicts another."""


class TruncatedError(FormatError):
    """The input ends before its last chunk or its trailer."""


class TrailingDataError(FormatError):
    """Bytes that are no .arcz frame follow the last frame."""


class ModelError(ArcodecError):
    """A model cannot be had or cannot be used for this input."""


class UnknownModelError(ModelError):
    """No model of the given name, code or id was found in the places searched."""


class ModelFileError(ModelError):
    """A model file is malformed, or holds a model of another kind than asked."""


class LimitError(ArcodecError):
    """Going on would exceed a stated limit of memory or of output size."""


class VerifyError(ArcodecError):
    """Decoding what had just been encoded did not give the input back; nothing was kept."""


class FileRefusedError(ArcodecError):
    """A file cannot be read, written or replaced as asked."""


class TrainingError(ArcodecError):
    """A model cannot be trained on these files, or not as asked."""
