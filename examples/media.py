"""An image, a PDF and text in a prompt; what a vendor doesn't take is an error before anything is sent.

Needs OPENAI_API_KEY and ANTHROPIC_API_KEY. Without them, see README.md.
"""

import struct
import zlib
from pathlib import Path

import ringup


def picture(width: int, height: int) -> bytes:
    """A red PNG, so that this program needs no file of yours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\xff\0\0" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


Path("red.png").write_bytes(picture(320, 200))

# A path. Both vendors are asked in the same way; on the wire they differ.
for model in ("gpt-4o-mini", "claude-haiku-4-5"):
    reply = ringup.ask([ringup.attach("red.png"), "What is in this picture?"], model=model, max_tokens=200)
    print(f"{model}: {reply.text} [{reply.usage.input_tokens} tokens in]")

# Bytes, and several files at once. Text goes as text.
notes = ringup.attach(b"The picture is a test. It is red.", name="notes.txt")
prompt = [ringup.attach(picture(64, 64)), notes, "Do these two agree?"]
reply = ringup.ask(prompt, model="claude-haiku-4-5", max_tokens=200)
print(f"\ntwo files: {reply.text}")

# What would surely be refused isn't sent.
for model, attachment in (
    ("claude-haiku-4-5", ringup.attach(b"ID3\x04" + bytes(1000))),  # sound
    ("gpt-4o-mini", ringup.attach(b"BM" + bytes(30))),  # a Windows bitmap
    ("claude-haiku-4-5", ringup.attach(picture(9000, 2))),
):
    try:
        ringup.ask([attachment, "What is this?"], model=model)
    except ringup.MediaError as error:
        print(f"\n{error.parameter}, size {error.size}, limit {error.limit}: {error}")
