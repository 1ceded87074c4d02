"""AIFF files: sound, high byte first.

Sources: Apple, Audio Interchange File Format 1.3 (1989) and AIFF-C (1991).
"""

from __future__ import annotations

from arcodec.content._sound import CHANNELS, Layout, Sound

_ORDERS = {b"NONE": True, b"twos": True, b"sowt": False}  # of AIFF-C: whether the high byte comes first
_MOST_CHUNKS = 1000  # before the samples


class Aiff(Sound):
    """AIFF and AIFF-C with PCM of 8, 16, 24 and 32 bits; all chunks and what the file ends with are kept.

    Not covered: compressed formats; samples that come before the chunk that describes them.
    """

    name = "aiff"
    code = 11

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins like a FORM of one of the two kinds."""
        return head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")

    def layout(self, head: bytes) -> Layout | None:
        """Samples reach to the end of their chunk."""
        if not self.sniff(head):
            return None
        found = None
        at = 12
        for _ in range(_MOST_CHUNKS):
            if at + 16 > len(head):
                return None
            name = head[at : at + 4]
            size = int.from_bytes(head[at + 4 : at + 8], "big")
            at += 8
            if name == b"SSND":
                break
            if name == b"COMM":
                found = _format(head[at : at + min(size, 22)], packed=head[8:12] == b"AIFC")
            at += size + size % 2
        else:
            return None
        offset = int.from_bytes(head[at : at + 4], "big")
        if found is None or size < 8 + offset:
            return None
        return found._replace(start=at + 8 + offset, size=size - 8 - offset)


def _format(chunk: bytes, packed: bool) -> Layout | None:
    if len(chunk) < (22 if packed else 18):
        return None
    big = _ORDERS.get(chunk[18:22]) if packed else True
    channels, bits = int.from_bytes(chunk[:2], "big"), int.from_bytes(chunk[6:8], "big")
    if big is None or not 1 <= channels <= CHANNELS or not 1 <= bits <= 32:
        return None
    return Layout(0, None, channels, (bits + 7) // 8, big=big)
