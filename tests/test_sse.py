from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringup.errors import ProtocolError
from ringup.sse import Decoder, encode


def read(data: bytes, *cuts: int, flush: bool = False) -> list[tuple[str, bytes]]:
    decoder, events, at = Decoder(), [], 0
    for cut in [*sorted(cuts), len(data)]:
        events += decoder.feed(data[at:cut])
        at = cut
    return events + (decoder.flush() if flush else [])


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: a\n\n", [("", b"a")]),
        (b"data:a\n\n", [("", b"a")]),
        (b"data:  a\n\n", [("", b" a")]),
        (b"data: a\r\n\r\n", [("", b"a")]),
        (b"data: a\r\rdata: b\r\r", [("", b"a")]),  # the last CR may be half of a CRLF
        (b"\xef\xbb\xbfdata: a\n\n", [("", b"a")]),
        (b": comment\n\ndata: a\n\n", [("", b"a")]),
        (b": comment\ndata: a\n\n", [("", b"a")]),
        (b"event: x\ndata: a\n\n", [("x", b"a")]),
        (b"data: a\nevent: x\n\n", [("x", b"a")]),
        (b"data: a\ndata: b\n\n", [("", b"a\nb")]),
        (b"data\n\n", [("", b"")]),
        (b"id: 1\nretry: 5\nfoo: bar\ndata: a\n\n", [("", b"a")]),
        (b"event: x\n\n", []),
        (b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
        (b"data: a\n\ndata: b", [("", b"a")]),
        (b"data: a\n", []),
    ],
)
def test_lines(data: bytes, events: list[tuple[str, bytes]]) -> None:
    assert read(data) == events


def test_flush_gives_an_event_that_lacks_its_blank_line() -> None:
    assert read(b"data: a\n\ndata: b\n", flush=True) == [("", b"a"), ("", b"b")]
    assert read(b"data: a\r\n\r", flush=True) == [("", b"a")]
    assert read(b"data: a\n\n", flush=True) == [("", b"a")]


LINE = st.sampled_from([b"data: x", b"data:y", b"event: e", b": note", b"", b"data", b"id: 7", b"data: \xc3\xa9"])
END = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(LINE, END), max_size=12), st.booleans(), st.data())
def test_any_cut_gives_the_same_events(lines: list[tuple[bytes, bytes]], bom: bool, data: st.DataObject) -> None:
    stream = (b"\xef\xbb\xbf" if bom else b"") + b"".join(line + end for line, end in lines)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    assert read(stream, *cuts, flush=True) == read(stream, flush=True)
    assert read(stream, *range(len(stream)), flush=True) == read(stream, flush=True)


PIECE = st.sampled_from(
    [
        *(
            b"data: x\r\n\r\n",
            b"data: y\n\n",
            b"data: a\rdata: b\r\n\r\n",
            b"data: c\r\r\n\r\n",
            b"data: d\n\ndata: e\r\n\r\n",
        ),
        *(b": note\r\n\r\n", b"\r\n\r\n", b"data: f\r", b"data: g\r\n"),
    ]
)


@given(st.lists(PIECE, max_size=8))
def test_pieces_that_are_events_give_the_same_events(pieces: list[bytes]) -> None:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)] + decoder.flush()
    assert events == read(b"".join(pieces), flush=True)


@given(st.binary(max_size=60), st.data())
def test_any_bytes_at_all(noise: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(noise)), max_size=4))
    assert read(noise, *cuts, flush=True) == read(noise, flush=True)


@given(st.lists(st.tuples(st.sampled_from(["", "done"]), st.binary(max_size=20).map(lambda b: b.hex().encode()))))
def test_what_is_encoded_is_read(events: list[tuple[str, bytes]]) -> None:
    assert read(b"".join(encode(data, name) for name, data in events)) == events


def test_an_event_has_a_bound() -> None:
    decoder = Decoder(limit=100)
    decoder.feed(b"data: " + b"x" * 90)
    with pytest.raises(ProtocolError, match="larger than 100 bytes"):
        decoder.feed(b"x" * 90)


def test_many_small_pieces_of_one_large_event_take_linear_time() -> None:
    decoder = Decoder()
    for _ in range(20_000):
        assert decoder.feed(b"x" * 100 if decoder._pending else b"data: " + b"x" * 100) == []
    [(_, data)] = decoder.feed(b"\n\n")
    assert len(data) == 2_000_000
