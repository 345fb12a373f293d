"""What each vendor takes besides words: kinds of files, their sizes, and how many. Held against a request before it is
sent, like `ringup.judge`, whose problems these are too.

Only what is surely refused is said here. Limits are those of November 2026:
- Anthropic: platform.claude.com, "Vision", "PDF support" and the API overview: PNG, JPEG, GIF and WebP to 8,000 pixels
  a side (2,000 from the 21st image on); images and pages of PDFs together 100, or 600 for models with windows above
  200,000 tokens; 32 MB a request. An image's 10 MB are measured in base64 (github.com/can1357/oh-my-pi/pull/10633);
  until the summer of 2026 it was 5 MB ("image exceeds 5 MB maximum: 6275800 bytes > 5242880 bytes")
- OpenAI: its guides "Images and vision" (PNG, JPEG, WebP, GIF; 1,500 images and 512 MB a request) and "File inputs"
  (files of 50 MB, and 50 MB together; over Chat Completions only PDFs), and the API reference (sound as wav or mp3)
- Google: ai.google.dev, "Image understanding" (PNG, JPEG, WebP, HEIC, HEIF; 3,600 images), "Document understanding"
  (PDFs of 50 MB and 1,000 pages) and "File input methods" (100 MB in a request)
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ringup import vocabulary
from ringup.judge import Problem
from ringup.media import image_size, pdf_pages, sniff
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Part,
    Refusal,
    Request,
    Text,
    ToolCall,
    ToolResult,
)
from ringup.rules import Rules
from ringup.wire_tools import encode

__all__ = ["MediaProblem", "judge_media", "largest", "least_tokens"]

MB = 1024 * 1024
_NO_PAGE = 60
"""No page of a PDF takes fewer bytes, so a short file needn't be searched for them."""


class MediaProblem(Problem, frozen=True, kw_only=True):
    """A problem with a file. `size` and `limit` are numbers, where it is one of too much."""

    size: int | None = None
    limit: int | None = None


class Intake(Struct, frozen=True, kw_only=True):
    """What a vendor takes. None: it isn't limited, as far as is known. `image_bytes` are of base64."""

    images: frozenset[str] | None = None
    image_bytes: int | None = None
    image_count: int | None = None
    image_side: int | None = None
    documents: frozenset[str] | None = None
    document_bytes: int | None = None
    pages: int | None = None
    sounds: frozenset[str] | None = None
    total_bytes: int | None = None


_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_PLAIN = frozenset({"application/pdf", "text/plain"})
_INTAKES = {
    "openai": Intake(
        images=_PICTURES,
        image_count=1500,
        document_bytes=50 * MB,
        sounds=frozenset({"wav", "mp3"}),
        total_bytes=512 * MB,
    ),
    "azure": Intake(images=_PICTURES, sounds=frozenset({"wav", "mp3"})),
    "anthropic": Intake(
        images=_PICTURES,
        image_bytes=10 * MB,
        image_side=8000,
        documents=_PLAIN,
        sounds=frozenset(),
        total_bytes=32 * MB,
    ),
    "gemini": Intake(
        images=_PICTURES - {"image/gif"} | {"image/heic", "image/heif"},
        image_count=3600,
        document_bytes=50 * MB,
        pages=1000,
        total_bytes=100 * MB,
    ),
}
_MANY = 20
_SIDE_OF_MANY = 2000
_COUNT, _LARGE_COUNT, _LARGE_WINDOW = 100, 600, 200_000

Found = tuple[str, Image | Document | Audio]
"""Where a file stands in the request, and the file."""


def judge_media(request: Request, rules: Rules, provider: str) -> Iterator[MediaProblem]:
    """What the provider would refuse of the files in a request."""
    intake = _INTAKES.get(provider)
    found = list(_media(request.messages)) if intake else []
    if not intake or not found:
        return
    for where, part in found:
        yield from _one(where, part, intake)
    yield from _all(found, intake, rules, provider)


def _media(messages: tuple[Message, ...]) -> Iterator[Found]:
    """Each file, with where it stands."""
    for index, message in enumerate(messages):
        if len(message.parts) == 1 and type(message.parts[0]) is Text:  # most are mere words
            continue
        for place, part in enumerate(message.parts):
            where = f"messages[{index}].parts[{place}]"
            if isinstance(part, ToolResult):
                for at, inner in enumerate(part.parts):
                    if isinstance(inner, (Image, Document)):
                        yield f"{where}.parts[{at}]", inner
            elif isinstance(part, (Image, Document, Audio)) and message.role != "assistant":
                yield where, part


def _one(where: str, part: Image | Document | Audio, intake: Intake) -> Iterator[MediaProblem]:
    match part:
        case Image(data=bytes(data)):
            yield from _kind(where, part.media_type or sniff(data) or "", intake.images, "an image")
            yield from _picture(where, data, intake)
        case Document(data=bytes(data)):
            kind = part.media_type or sniff(data) or ""
            yield from _kind(where, kind, intake.documents, "a document")
            yield from _more(where, len(data), intake.document_bytes, "a document of at most {:,} bytes")
        case Audio(data=bytes()):
            yield from _kind(where, part.format or "", intake.sounds, "a recording")


def _kind(where: str, kind: str, taken: frozenset[str] | None, what: str) -> Iterator[MediaProblem]:
    if taken is None or not kind or kind in taken:
        return
    kinds = ", ".join(sorted(name.rpartition("/")[2] for name in taken))
    must = f"must be {what} that the provider reads ({kinds})" if taken else "must be no recording: it reads none"
    vendor = f"You uploaded an unsupported file. Please make sure it has one of the following formats: {kinds}."
    yield MediaProblem(where, kind, f"{where} {must}", vendor, where, "invalid_image_format")


def _picture(where: str, data: bytes, intake: Intake) -> Iterator[MediaProblem]:
    encoded = _encoded(len(data))
    place = where.replace("[", ".").replace("]", "").replace("parts", "content") + ".image.source.base64"
    vendor = f"{place}: image exceeds 10 MB maximum: {encoded} bytes > {intake.image_bytes} bytes"
    yield from _more(where, encoded, intake.image_bytes, "an image of at most {:,} bytes in base64", vendor)
    if intake.image_side and (size := image_size(data)):
        vendor = f"{place}.data: At least one of the image dimensions exceed max allowed size: "
        vendor += f"{intake.image_side} pixels"
        yield from _more(where, max(size), intake.image_side, "an image of at most {:,} pixels a side", vendor)


def _encoded(size: int) -> int:
    """The length of so many bytes in base64."""
    return (size + 2) // 3 * 4


def _more(where: str, size: int, limit: int | None, must: str, vendor: str = "") -> Iterator[MediaProblem]:
    """`must` is what must be, with a place for the limit."""
    if limit is not None and size > limit:
        told = vendor or f"{where}: {size} > {limit}"
        why = f"{where} must be {must.format(limit)}"
        yield MediaProblem(where, size, why, told, where, None, size=size, limit=limit)


def _all(found: list[Found], intake: Intake, rules: Rules, provider: str) -> Iterator[MediaProblem]:
    """The files together: how many images and pages, and how large."""
    images = [(where, part) for where, part in found if isinstance(part, Image)]
    files = [(where, part.data) for where, part in found if isinstance(part, Document) and part.data]
    if provider == "anthropic":
        yield from _claudes(images, files, rules)
    else:
        for where, data in files:
            yield from _more(where, _pages(data, intake.pages), intake.pages, "a document of at most {:,} pages")
        if images:
            yield from _more(images[-1][0], len(images), intake.image_count, "one of at most {:,} images")
    if provider == "openai" and files:
        size = sum(len(data) for _, data in files)
        must = "a document that makes at most {:,} bytes together with the others"
        yield from _more(files[-1][0], size, intake.document_bytes, must)
    total = sum(_encoded(len(part.data)) for _, part in found if part.data)
    must = "a file that makes at most {:,} bytes in base64 together with the others"
    yield from _more(found[-1][0], total, intake.total_bytes, must)


def _claudes(images: list[tuple[str, Image]], files: list[tuple[str, bytes]], rules: Rules) -> Iterator[MediaProblem]:
    """Anthropic counts images and pages together; and many images must be small ones."""
    large = rules.context_window is None or rules.context_window > _LARGE_WINDOW
    most = _LARGE_COUNT if large else _COUNT
    pages = sum(_pages(data, most) for _, data in files)
    vendor = f"Too much media: {pages} document pages + {len(images)} images > {most}"
    where = (images or files or [("", b"")])[-1][0]
    yield from _more(where, len(images) + pages, most, "one of at most {:,} images and pages", vendor)
    for where, part in images if len(images) > _MANY else ():
        size = image_size(part.data) if part.data else None
        must = f"an image of at most {{:,}} pixels a side, as one of more than {_MANY}"
        yield from _more(where, max(size or (0,)), _SIDE_OF_MANY, must)


def _pages(data: bytes, most: int | None) -> int:
    """The pages of a file that may have too many; 0 for others."""
    return (pdf_pages(data) or 0) if most and len(data) > _NO_PAGE else 0


# How long a prompt is, for certain

_SHORTENING = ("truncation", "context_management", "previous_response_id", "conversation", "betas")


def least_tokens(request: Request, limit: int) -> int | None:
    """A number of tokens that the words of a request surely have, if it is above the limit; else None. None too where
    the provider is asked to shorten the prompt itself.

    No token reaches from one word into the next, so there are as many tokens as words, or more. Few letters, or few
    spaces, need no look at the words themselves.
    """
    if any(field in request.extra for field in _SHORTENING):
        return None
    texts = [part.text for part in request.system if isinstance(part, Text)]
    for message in request.messages:
        part = message.parts[0] if len(message.parts) == 1 else None
        texts += [part.text] if type(part) is Text else _texts(message.parts)
    if sum(map(len, texts)) < 2 * limit:  # a word and the space behind it are two letters or more
        return None
    if sum(text.count(" ") + text.count("\n") + text.count("\t") + 1 for text in texts) <= limit:
        return None
    fewest = sum(map(vocabulary.least, texts)) - max(len(texts) - 1, 0)  # the words at a seam may be one
    return fewest if fewest > limit else None


def _texts(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        match part:
            case Text() | Refusal():
                yield part.text
            case Document(text=str(text)):
                yield text
            case ToolCall():
                yield part.json
            case ToolResult():
                yield from _texts(part.parts)


def largest(request: Request) -> str:
    """Which part of a request has most of its words, in a sentence for who must shorten it; "" if none stands out."""
    sizes = {"the system instruction": sum(len(part.text) for part in request.system if isinstance(part, Text))}
    for index, message in enumerate(request.messages):
        sizes[f"messages[{index}] ({message.role})"] = sum(map(len, _texts(message.parts)))
    sizes["the tools"] = len(encode(request.tools)) if request.tools else 0
    where, size = max(sizes.items(), key=lambda item: item[1])
    share = 100 * size / (sum(sizes.values()) or 1)
    return f"The largest part is {where}: {size:,} letters, {share:.0f} % of all." if share >= 20 else ""
