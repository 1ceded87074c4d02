"""A server of our own on 127.0.0.1, which can misbehave."""

from __future__ import annotations

import hashlib
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Gives `files`, by path.

    Attributes:
        files: what there is.
        ranges: whether it knows them.
        tags: whether it sends ETags.
        cuts: for each answer to come, after how many bytes the connection ends.
        states: for each answer to come, the status that is sent instead of the file.
        seen: of each request, the path, where it asked to begin (None if it did not) and the status sent.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.ranges, self.tags = True, True
        self.cuts: list[int] = []
        self.states: list[int] = []
        self.seen: list[tuple[str, int | None, int]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        data = self.server.files.get(self.path)
        tag = f'"{hashlib.sha256(data or b"").hexdigest()[:8]}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", tag) == tag
        status = self.server.states.pop(0) if self.server.states else 200 if data is not None else 404
        start = int(asked[1]) if asked and same and self.server.ranges else 0
        if status == 200 and data is not None and start:
            status = 206 if start < len(data) else 416
        self.server.seen.append((self.path, int(asked[1]) if asked else None, status))
        self.send_response(status)
        body = (data or b"")[start:] if status in (200, 206) else b"no"
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(data or b'') - 1}/{len(data or b'')}")
        if self.server.tags:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status in (200, 206) and self.server.cuts:
            body = body[: self.server.cuts.pop(0)]
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Stay silent."""
