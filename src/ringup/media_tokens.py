"""How many tokens an image, a document or a recording takes: the vendors' own formulas, as far as the bytes tell what
these need, mended where recorded answers differ.

OpenAI ("Images and vision", calculating costs): models up to GPT-5 cut an image into tiles of 512 pixels, and the small
ones and all later ones into patches of 32. Anthropic ("Vision"): width times height by 750, of an image scaled to 1,568
pixels, or 2,576 from Claude Opus 4.7 on. Google ("Understand and count tokens"): tiles of 258, and from Gemini 3 on
1,120 an image; 32 tokens a second of sound. A page of a PDF is what recorded ones cost: its text and an image. What the
bytes don't tell (an address, an uploaded file) counts as a usual one.
"""

from __future__ import annotations

import math
import re

from ringup.media import image_size, pdf_pages, seconds
from ringup.messages import Audio, Document, Image

__all__ = ["audio_tokens", "document_tokens", "generation", "image_tokens"]

_USUAL = (1024, 1024)
"""The size in pixels of an image that can't be looked at."""
_USUAL_SECONDS = 10.0
_TILES = (
    (r"gpt-4o-mini.*", 2833, 5667),
    (r"gpt-5(-chat.*|-\d{4}.*)?", 70, 140),
    (r"o1(?!-mini).*|o3(?!-mini).*|computer-use.*", 75, 150),
    (r"gpt-4.*|chatgpt-4o.*|ft:.*", 85, 170),
)
"""Models that see tiles: tokens of an image as a whole, and of each tile."""
_PATCHES = (
    (r"gpt-4\.1-nano.*", 2.46),
    (r"gpt-4\.1-mini.*", 1.62),
    (r"o4-mini.*", 1.72),
    (r"gpt-5[.\d]*-nano.*", 1.5),
    (r"gpt-5[.\d]*-mini.*", 1.2),
)
"""Models that see patches, and the tokens of each (GPT-5's as recorded); 1 for other ones."""
_MINI = r"gpt-4\.1-(mini|nano).*"
_PAGE = {"anthropic": 2000, "gemini": 258}
_SECOND = {"gemini": 32.0}


def generation(model: str) -> tuple[int, int]:
    """The version in a Claude's name: claude-opus-4-7 is (4, 7), claude-3-haiku-20240307 is (3, 0)."""
    found = re.search(r"-(\d)(?:[-.](\d{1,2})(?!\d))?(?:-|$)", model)
    return (int(found[1]), int(found[2] or 0)) if found else (5, 0)


def image_tokens(part: Image, provider: str, model: str) -> int:
    """The tokens of an image."""
    width, height = (image_size(part.data) if part.data else None) or _USUAL
    if not (width and height):
        width, height = _USUAL
    match provider:
        case "anthropic":
            return _claude(width, height, model)
        case "gemini":
            return _gemini(width, height, model)
    return _openai(width, height, part.detail == "low", model)


def _claude(width: int, height: int, model: str) -> int:
    side, most = (2576, 4784) if generation(model) >= (4, 7) else (1568, 1600)
    scale = min(1.0, side / max(width, height))
    return min(math.ceil(width * scale * height * scale / 750), most)


def _gemini(width: int, height: int, model: str) -> int:
    if not re.match(r"(models/)?gemini-[12]\b", model):
        return 1120
    return math.ceil(width / 768) * math.ceil(height / 768) * 258


def _openai(width: int, height: int, low: bool, model: str) -> int:
    found = None if re.fullmatch(_MINI, model) else next((row for row in _TILES if re.fullmatch(row[0], model)), None)
    if found:
        _, whole, tile = found
        return whole if low else whole + tile * _tiles(width, height)
    each = next((each for pattern, each in _PATCHES if re.fullmatch(pattern, model)), 1.0)
    most = 256 if low else 1536 if each != 1.0 else 2500
    return math.ceil(min(math.ceil(width / 32) * math.ceil(height / 32), most) * each)


def _tiles(width: int, height: int) -> int:
    """Of an image that is scaled down into 2,048 pixels a side, and then to 768 on the shorter one."""
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    return math.ceil(round(width * scale, 3) / 512) * math.ceil(round(height * scale, 3) / 512)


def document_tokens(part: Document, provider: str, model: str) -> int:
    """The tokens of a document that isn't text: by its pages, one where they can't be told."""
    pages = (pdf_pages(part.data) if part.data else None) or 1
    newer = provider == "gemini" and not re.match(r"(models/)?gemini-[12]\b", model)
    return pages * (560 if newer else _PAGE.get(provider, 1000))


def audio_tokens(part: Audio, provider: str) -> int:
    """The tokens of a recording: 10 a second on OpenAI, 32 on Google."""
    length = seconds(part.data, part.format) if part.data else None
    return math.ceil((length or _USUAL_SECONDS) * _SECOND.get(provider, 10.0))
