"""Download one file over HTTP: whole and right, or not at all.

What has come lies beside the target as FILE.part. A download that was cut asks for the rest (RFC 9110, Range), if the
file is still the same (If-Range with the ETag or date that FILE.part.of keeps). A server that knows no ranges, or has
another file by now, sends all of it, and the download begins anew.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from arcodec import __version__
from arcodec.bench.catalogue import CorpusError
from arcodec.bench.corpora import Fact, sha256

Watch = Callable[[str, int, int | None], None]

TRIES = 5  # in a row without a single byte
PAUSE = 1.0  # seconds before the second try; doubles with each
PATIENCE = 60.0  # seconds without an answer or a byte

_BLOCK = 1 << 16
_PASSING = (408, 429, 500, 502, 503, 504)  # states of a server that may pass


class _CutError(Exception):
    """The connection failed in a way that may pass."""


def download(url: str, target: Path, fact: Fact, limit: int, watch: Watch = lambda name, done, total: None) -> Fact:
    """Get a file, or the rest of it; returns what it is.

    Args:
        url: http or https.
        target: where it is to be.
        fact: what it should be, as far as that is known.
        limit: refuse to take more bytes.
        watch: called with the target's name, bytes that have come and bytes in all (None if unknown).

    Raises:
        CorpusError: it is not there, not what it should be, or the network fails. FILE.part stays if the rest may be
            asked for another time.
        OSError: it cannot be written.
    """
    if not url.startswith(("http://", "https://")):
        raise CorpusError(f"{url} is no address of the web")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target, url)
    tries = 0
    while True:
        before = part.size
        try:
            _receive(part, fact, limit, watch)
            break
        except _CutError as error:
            tries = 1 if part.size > before else tries + 1
            if tries == TRIES:
                kept = f"; {part.size:,} bytes are kept, to go on from" if part.size else ""
                raise CorpusError(f"{url}: {error}, given up after {tries} tries{kept}") from None
            time.sleep(PAUSE * 2 ** (tries - 1))
    got = Fact(part.size, sha256(part.path))
    try:
        compare(url, got, fact)
    except CorpusError:
        part.remove()
        raise
    with part.path.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(part.path, target)
    part.remove()
    return got


def compare(name: str, got: Fact, fact: Fact) -> None:
    """Raise CorpusError if what came is not what it should be."""
    if fact.size is not None and got.size != fact.size:
        raise CorpusError(f"{name} has {got.size:,} bytes, not {fact.size:,}; it was not kept")
    if fact.sha256 and got.sha256 != fact.sha256:
        raise CorpusError(f"{name} has the sha256 {got.sha256}, not {fact.sha256}; it was not kept")


class _Part:
    """What has come of a file so far.

    Args:
        target: the file.
        url: where it comes from.
    """

    def __init__(self, target: Path, url: str) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self.name, self.url = target.name, url
        self._of = target.with_name(f"{target.name}.part.of")

    @property
    def size(self) -> int:
        """Bytes that have come."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str:
        """The ETag or date of the file that the bytes are of, "" if unknown."""
        try:
            url, validator = self._of.read_text(encoding="latin-1").split("\n")
        except (OSError, ValueError):
            return ""
        return validator if url == self.url else ""

    def begin(self, validator: str) -> None:
        """Nothing has come yet of the file with this ETag or date."""
        self.remove()
        self._of.write_text(f"{self.url}\n{validator}", encoding="latin-1")

    def remove(self) -> None:
        """Forget it."""
        # In this order: bytes must never be taken for those of another file.
        self.path.unlink(missing_ok=True)
        self._of.unlink(missing_ok=True)


def _receive(part: _Part, fact: Fact, limit: int, watch: Watch) -> None:
    """One request: add what comes to the part. Returns when it is whole."""
    if part.size > limit or not (part.validator or fact.sha256):
        part.remove()  # nothing could tell if parts of two files were put together
    have, validator = part.size, part.validator
    if have and have == fact.size:
        return
    headers = {"User-Agent": f"arcodec/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if validator:
            headers["If-Range"] = validator
    with _answer(Request(part.url, headers=headers), part) as response:
        now = _validator(response)
        total = _total(response, have)
        if response.status != 206:
            have = 0
            part.begin(now)
        elif (now and validator and now != validator) or _start(response) != have:
            part.remove()
            raise _CutError("the server sent another part than the one asked for")
        if fact.size is not None and total not in (None, fact.size):
            part.remove()
            raise CorpusError(f"{part.url} has {total:,} bytes there, not {fact.size:,}: it is another file by now")
        if (total or 0) > limit:
            part.remove()
            raise CorpusError(f"{part.url} has {total:,} bytes, more than the {limit:,} that it may have")
        with part.path.open("ab") as file:
            for block in _blocks(response):
                have += len(block)
                if have > limit:
                    part.remove()
                    raise CorpusError(f"{part.url} has more than the {limit:,} bytes that it may have")
                file.write(block)
                watch(part.name, have, total)
    if total is not None and have < total:
        raise _CutError(f"the connection ended after {have:,} of {total:,} bytes")


@contextmanager
def _answer(request: Request, part: _Part) -> Iterator[http.client.HTTPResponse]:
    """The server's answer, if it is one that brings bytes."""
    url = request.full_url
    try:
        response: http.client.HTTPResponse = urlopen(request, timeout=PATIENCE)
    except HTTPError as error:
        error.close()
        if error.code == 416:  # the part is as long as the file, or longer: it is of another one
            part.remove()
            raise _CutError("the server has no more bytes than are here already") from None
        if error.code in _PASSING:
            raise _CutError(f"the server says {error.code} {error.reason}") from None
        raise CorpusError(f"{url}: the server says {error.code} {error.reason}") from None
    except URLError as error:
        if isinstance(error.reason, socket.gaierror):
            raise CorpusError(f"{url}: its host is not found; is there a network?") from None
        if isinstance(error.reason, ssl.SSLError):
            raise CorpusError(f"{url}: no safe connection ({error.reason})") from None
        raise _CutError(_words(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(_words(error)) from None
    with response:
        yield response


def _blocks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            block = response.read1(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise _CutError(_words(error)) from None
        if not block:
            return
        yield block


def _words(error: object) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _validator(response: http.client.HTTPResponse) -> str:
    """What If-Range takes: a strong ETag, else the date."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _start(response: http.client.HTTPResponse) -> int | None:
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _total(response: http.client.HTTPResponse, have: int) -> int | None:
    """Bytes of the whole file, if the server tells."""
    if response.status == 206:
        match = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
        return int(match[1]) if match else None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None
