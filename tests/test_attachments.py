"""`ringup.attach`: a path, bytes or an address becomes the right part of a prompt."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

import ringup
from ringup import Audio, Document, Image, MediaError, ParameterError, attachments
from tests.samples import jpeg, mp3, pdf, png, wav


def test_a_path_as_text_or_path(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png())
    expected = Image(data=png(), media_type="image/png")
    assert ringup.attach(tmp_path / "photo.png") == expected
    assert ringup.attach(str(tmp_path / "photo.png")) == expected


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "a.png").write_bytes(png())
    assert isinstance(ringup.attach("~/a.png"), Image)


def test_bytes_tell_what_they_are() -> None:
    assert ringup.attach(jpeg()) == Image(data=jpeg(), media_type="image/jpeg")
    assert ringup.attach(bytearray(pdf())) == Document(data=pdf(), media_type="application/pdf")
    assert ringup.attach(memoryview(wav())) == Audio(data=wav(), format="wav")
    assert ringup.attach(mp3()) == Audio(data=mp3(), format="mp3")


def test_the_bytes_go_before_the_name(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(jpeg())
    found = ringup.attach(tmp_path / "photo.png")
    assert isinstance(found, Image)
    assert found.media_type == "image/jpeg"


def test_text_goes_as_text(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Größe\n", "utf-8")
    expected = Document(text="# Größe\n", media_type="text/plain", name="notes.md")
    assert ringup.attach(tmp_path / "notes.md") == expected
    assert ringup.attach(b"a,b\n1,2\n", media_type="text/csv", name="t.csv") == Document(
        text="a,b\n1,2\n", media_type="text/plain", name="t.csv"
    )


def test_an_office_file_is_what_its_name_says(tmp_path: Path) -> None:
    (tmp_path / "letter.docx").write_bytes(b"PK\x03\x04rest")
    found = ringup.attach(tmp_path / "letter.docx")
    assert isinstance(found, Document)
    assert found.media_type is not None
    assert found.media_type.endswith("wordprocessingml.document")
    assert found.name == "letter.docx"


def test_an_address_is_passed_on() -> None:
    assert ringup.attach("https://example.com/a/cat.JPG?x=1", detail="low") == Image(
        url="https://example.com/a/cat.JPG?x=1", media_type="image/jpeg", detail="low"
    )
    assert ringup.attach("https://example.com/paper.pdf") == Document(
        url="https://example.com/paper.pdf", media_type="application/pdf"
    )
    assert ringup.attach("https://example.com/200", media_type="image/png") == Image(
        url="https://example.com/200", media_type="image/png"
    )


def test_a_data_address_holds_the_bytes() -> None:
    url = "data:image/png;base64," + b64encode(png()).decode()
    assert ringup.attach(url) == Image(data=png(), media_type="image/png")
    assert ringup.attach("data:,Hello%20there") == Document(text="Hello there", media_type="text/plain")
    assert ringup.attach("data:image/heif;base64,AAAA") == Image(data=b"\0\0\0", media_type="image/heif")


WRONG = [
    ("missing.png", "can't be read: No such file or directory", "Paths begin at"),
    (b"", "is empty", "has something in it"),
    (b"\x00\x01\x02", "can't be told what this is", "media_type="),
    ("https://example.com/200", "can't be told from its address", "media_type="),
    ("https://example.com/song.mp3", "no API takes sound by its address", "Download"),
    ("data:image/png;base64,%%%", "data: address can't be read", "data:image/png;base64,"),
    ("data:image/png", "data: address can't be read", "data:image/png;base64,"),
    ("a\0b", "can't be read", "Paths begin at"),
    (17, "not a int", "ringup.attach"),
]


@pytest.mark.parametrize(("source", "message", "advice"), WRONG)
def test_what_cannot_be_attached(source: object, message: str, advice: str) -> None:
    with pytest.raises(ParameterError) as caught:
        ringup.attach(source)  # type: ignore[arg-type]
    assert caught.value.parameter == "source"
    assert message in caught.value.message
    assert advice in caught.value.advice


def test_a_type_that_the_bytes_are_not() -> None:
    with pytest.raises(ParameterError, match=r"media_type is 'image/png', and the bytes are application/pdf"):
        ringup.attach(pdf(), media_type="image/png")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="isn't a file"):
        ringup.attach(tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MAX_BYTES", 100)
    (tmp_path / "a.pdf").write_bytes(pdf())
    with pytest.raises(MediaError, match="no provider takes more than 100") as caught:
        ringup.attach(tmp_path / "a.pdf")
    assert (caught.value.size, caught.value.limit) == (len(pdf()), 100)
