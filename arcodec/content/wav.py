"""WAV files: sound in RIFF, RF64 and BW64.

Sources: Microsoft, Multimedia Data Standards Update 3.0 (1994) and WAVEFORMATEXTENSIBLE; EBU Tech 3306 (RF64).
"""

from __future__ import annotations

import struct

from arcodec.content._sound import CHANNELS, Layout, Sound

_PCM, _EXTENSIBLE = 1, 0xFFFE
_GUID = bytes.fromhex("000000001000800000aa00389b71")  # after the two bytes of the format
_UNKNOWN = 0xFFFFFFFF
_MOST_CHUNKS = 1000  # before the samples
_USUAL = struct.Struct("<4sI4s4sIHHIIHH4sI")


class Wav(Sound):
    """PCM of 8, 16, 24 and 32 bits; all chunks, sizes that are wrong and what the file ends with are kept.

    Not covered: floating point, compressed formats, RIFX.
    """

    name = "wav"
    code = 10

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins like RIFF or one of its large kinds, of the form WAVE."""
        return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"

    def layout(self, head: bytes) -> Layout | None:
        """Samples reach to the end of the file if their size is unknown, or 0 in a file said to end before them."""
        if not self.sniff(head):
            return None
        found = None
        at, large = 12, None
        for _ in range(_MOST_CHUNKS):
            if at + 8 > len(head):
                return None
            name = head[at : at + 4]
            size = int.from_bytes(head[at + 4 : at + 8], "little")
            at += 8
            if name == b"data":
                break
            if name == b"fmt ":
                found = _format(head[at : at + min(size, 40)])
            elif name == b"ds64" and size >= 16:
                large = int.from_bytes(head[at + 8 : at + 16], "little")
            at += size + size % 2
        else:
            return None
        if found is None:
            return None
        stated = int.from_bytes(head[4:8], "little")
        known: int | None = size
        if size == _UNKNOWN:
            known = large
        elif size == 0 and stated + 8 <= at:
            known = None
        return found._replace(start=at, size=known)

    def usual(self, layout: Layout, size: int, after: int) -> bytes:
        """One chunk of 16 bytes for the format, and sizes that are right."""
        if layout.big or layout.unsigned != (layout.width == 1) or 36 + size + after > _UNKNOWN:
            return b""
        rate, frame = layout.rate, layout.frame
        if rate * frame > _UNKNOWN:
            return b""
        return _USUAL.pack(
            *(b"RIFF", 36 + size + after, b"WAVE", b"fmt ", 16, _PCM, layout.channels),
            *(rate, rate * frame, frame, 8 * layout.width, b"data", size),
        )


def _format(chunk: bytes) -> Layout | None:
    if len(chunk) < 16:
        return None
    tag, channels, rate, _, frame, _ = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE:
        if len(chunk) < 40 or chunk[26:40] != _GUID:
            return None
        tag = int.from_bytes(chunk[24:26], "little")
    if tag != _PCM or not 1 <= channels <= CHANNELS or frame % channels or not 1 <= frame // channels <= 4:
        return None
    width = frame // channels
    return Layout(0, None, channels, width, unsigned=width == 1, rate=rate)
