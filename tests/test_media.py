"""What bytes tell: the type, the size of a picture, the pages of a PDF, how long a recording lasts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringup.media import audio_format, image_size, kind_of, pdf_pages, seconds, sniff, wordy
from tests.samples import gif, jpeg, mp3, pdf, png, wav, webp

KINDS = [
    (png(), "image/png"),
    (jpeg(), "image/jpeg"),
    (gif(), "image/gif"),
    (gif().replace(b"89a", b"87a"), "image/gif"),
    (webp(), "image/webp"),
    (b"II*\0rest", "image/tiff"),
    (b"MM\0*rest", "image/tiff"),
    (b"BM" + bytes(20), "image/bmp"),
    (b"\0\0\0\x18ftypheic", "image/heic"),
    (b"\0\0\0\x18ftypavif", "image/avif"),
    (pdf(), "application/pdf"),
    (b"\n  " + pdf(), "application/pdf"),
    (wav(), "audio/wav"),
    (mp3(), "audio/mpeg"),
    (b"ID3\x04rest", "audio/mpeg"),
    (b"fLaCrest", "audio/flac"),
    (b"OggSrest", "audio/ogg"),
    (b"FORM\0\0\0\0AIFF", "audio/aiff"),
    (b"\xff\xf1\x50\x80", "audio/aac"),
    (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
    (b"\0\0\0\x18ftypisom", "video/mp4"),
    (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
    (b"\x1aE\xdf\xa3rest", "video/webm"),
    (b"PK\x03\x04rest", "application/zip"),
    (b"Hello, world!", None),
    (b"BMW is a maker of cars", None),
    ("\ufeffHello".encode("utf-16"), None),
    (b"", None),
]


@pytest.mark.parametrize(("data", "kind"), KINDS)
def test_a_type_is_told_by_how_bytes_begin(data: bytes, kind: str | None) -> None:
    assert sniff(data) == kind


@given(st.integers(1, 16_383), st.integers(1, 16_383))
def test_the_size_of_a_picture(width: int, height: int) -> None:
    for made in (gif, jpeg, webp):
        assert image_size(made(width, height)) == (width, height)
    for kind in (b"VP8L", b"VP8 "):
        assert image_size(webp(width, height, kind)) == (width, height)
    assert image_size(png(width, 1)) == (width, 1)


@given(st.sampled_from([png(), jpeg(), gif(), webp(), webp(kind=b"VP8L"), webp(kind=b"VP8 ")]), st.integers(0, 40))
def test_a_picture_that_is_cut_off_has_its_size_or_none(data: bytes, length: int) -> None:
    assert image_size(data[:length]) in (None, (64, 48))


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"GIF89a", b"%PDF-"]))
def test_any_bytes_can_be_looked_at(data: bytes, begin: bytes) -> None:
    data = begin + data
    size = image_size(data)
    assert size is None or min(size) >= 0
    assert (pdf_pages(data) or 1) >= 1
    assert (seconds(data, "mp3") or 0) >= 0


def test_the_pages_of_a_pdf() -> None:
    assert pdf_pages(pdf(1)) == 1
    assert pdf_pages(pdf(17)) == 17
    assert pdf_pages(b"%PDF-1.5\n1 0 obj << /Type /ObjStm >> endobj") is None


def test_a_pdf_that_was_edited_still_has_its_old_pages_in_it() -> None:
    newer = b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 3 >>\nendobj\n3 0 obj\n<< /Type /Page >>\nendobj\n"
    assert pdf_pages(pdf(3) + newer) == 3


def test_how_long_a_recording_lasts() -> None:
    assert seconds(wav(2.5), "wav") == pytest.approx(2.5, abs=0.01)
    assert seconds(mp3(32_000), "mp3") == 2.0
    assert seconds(b"fLaC", "flac") is None
    assert seconds(b"RIFF\0\0\0\0WAVE", "wav") is None


def test_text_is_text() -> None:
    assert wordy("naïve".encode()) == "naïve"
    assert wordy(b"\xef\xbb\xbfHello") == "Hello"
    assert wordy(b"\xff\xfe") is None
    assert wordy(b"a\0b") is None


def test_words_for_kinds() -> None:
    types = ("image/png", "audio/wav", "text/csv", "application/pdf", "video/mp4")
    assert [kind_of(name) for name in types] == ["image", "audio", "text", "pdf", "file"]
    types = ("audio/mpeg", "audio/x-wav", "audio/flac; rate=1")
    assert [audio_format(name) for name in types] == ["mp3", "wav", "flac"]
