"""Values as Python code: what is written gives the value again. And what is redacted before it is written."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ringup
from ringup.cli.log.pycode import Call, Code, written
from ringup.cli.log.redacting import PIXEL, Redactor
from ringup.messages import Image, Message, OutputSchema, Request, Text, Tool, ToolCall, ToolResult
from ringup.reply import Reply

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
PARTS = st.builds(Text, TEXT) | st.builds(ToolCall, TEXT, TEXT, TEXT) | st.builds(Image, data=st.binary(max_size=99))
VALUES = st.recursive(
    PLAIN | st.binary(max_size=9) | st.builds(Message, st.just("user"), st.lists(PARTS, max_size=3).map(tuple)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4) | st.tuples(inner),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_gives_the_value_again(value: Any) -> None:
    assert eval(written(value), {"ringup": ringup, "base64": base64}) == value


def test_how_it_is_laid_out() -> None:
    tool = Tool("a", parameters={"type": "object"})
    assert written(tool) == 'ringup.Tool(name="a", parameters={"type": "object"})'
    assert written(Call("f", [("", "x"), ("key=", Code("os.environ"))])) == 'f("x", key=os.environ)'
    assert written("a\u2028b\x85") == '"a\\u2028b\\u0085"'  # no line of the program ends there
    assert written(Call("f", [("", "one line\n" * 12 + "end"), ("n=", [1])])).splitlines() == [
        "f(",
        "    (",
        *['        "one line\\n"'] * 12,
        '        "end"',
        "    ),",
        "    n=[1],",
        ")",
    ]


def test_what_is_personal_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "quite-secret-thing")
    card = ToolCall("id_1", "pay", json.dumps({"card": 4111111111111111, "to": "ann@example.com", "n": 3}))
    result = ToolResult("id_1", (Text("sent to ann@example.com"),))
    request = Request(
        model="gpt-4o-mini-2024-07-18",
        system=(Text("The key is quite-secret-thing."),),
        messages=(
            Message("user", (Image(data=b"\xff\xd8private", media_type="image/jpeg"), Text("ann@example.com"))),
            Message("assistant", (card,)),
            Message("tool", (result,)),
        ),
        output_schema=OutputSchema({"description": "as ann@example.com has it"}),
    )
    found = Redactor().request(request)
    assert found.model == request.model
    assert found.system == (Text("The key is ***."),)
    assert found.messages[0].parts == (Image(data=PIXEL, media_type="image/png"), Text("[email]"))
    assert found.messages[1].tool_calls[0].arguments == {"card": 0, "to": "[email]", "n": 3}
    assert found.messages[2].parts == (ToolResult("id_1", (Text("sent to [email]"),)),)
    assert found.output_schema == OutputSchema({"description": "as [email] has it"})
    answer = Reply(message=Message("assistant", (Text('{"card": 4111111111111111}'),)), finish_reason="stop")
    assert Redactor().reply(answer, is_json=True).text == '{"card": 0}'
    assert Redactor().reply(answer, is_json=False).text == '{"card": [card]}'
