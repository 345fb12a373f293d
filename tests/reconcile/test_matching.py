"""Pairs of lines and tries that have no id in common: as many as there can be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringup.reconcile._matching import Moment, Span, matched

KEYS = st.tuples(st.sampled_from("ab"), st.just("model"))
MOMENTS = st.builds(Moment, st.integers(0, 12), KEYS)
SPANS = st.builds(
    lambda starts, long, key: Span(starts, starts + long, key),
    *(st.integers(0, 12), st.integers(0, 6), st.tuples(st.sampled_from(("a", "b", None)), st.just("model"))),
)


def most(wanted: list[list[int]]) -> int:
    """How many can have one of what each wants (Kuhn's way)."""
    had: dict[int, int] = {}

    def gets(one: int, asked: set[int]) -> bool:
        for thing in wanted[one]:
            if thing not in asked:
                asked.add(thing)
                if thing not in had or gets(had[thing], asked):
                    had[thing] = one
                    return True
        return False

    return sum([gets(one, set()) for one in range(len(wanted))])


def wants(moments: list[Moment], span: Span, level: int) -> list[int]:
    found = enumerate(moments)
    return [at for at, one in found if span.starts <= one.at <= span.ends and one.keys[level] == span.keys[level]]


@given(st.lists(MOMENTS, max_size=9), st.lists(SPANS, max_size=9))
def test_as_many_as_there_can_be(moments: list[Moment], spans: list[Span]) -> None:
    pairs = matched(moments, spans)
    assert len(set(pairs.values())) == len(pairs)
    by_key = {of for of, at in pairs.items() if at in wants(moments, spans[of], 0)}
    assert all(at in wants(moments, spans[of], 1) for of, at in pairs.items())
    sure = matched([Moment(one.at, one.keys[:1]) for one in moments], spans)
    assert len(sure) == most([wants(moments, one, 0) for one in spans])
    assert len(by_key) >= len(sure)
    # those that have one by the surest key keep it; the others get as many as are left for them
    assert len(pairs) == most([wants(moments, one, 0 if of in sure else 1) for of, one in enumerate(spans)])


def test_times_may_be_off_where_nothing_better_is_there() -> None:
    moments = [Moment(10, ("a",)), Moment(13, ("a",))]
    assert matched(moments, [Span(11, 12, ("a",))]) == {}
    assert matched(moments, [Span(11, 12, ("a",))], 1) == {0: 0}
    assert matched(moments, [Span(11, 12, ("a",)), Span(9, 10, ("a",))], 1) == {0: 1, 1: 0}


def test_many_at_once_take_no_time() -> None:
    keys = [("a", "model"), (None, "model"), (None, "model")]
    spans = [Span(at, at + 1_000, keys[at % 3]) for at in range(4_000)]
    moments = [Moment(at + 500, ("a" if at % 3 == 0 else at, "model")) for at in range(4_000)]
    assert len(matched(moments, spans)) == 4_000
    assert len(matched(moments[::2], spans)) == len(matched(moments, spans[::2])) == 2_000
