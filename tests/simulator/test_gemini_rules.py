"""What Google's service refuses in a request that it could read, in its own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.simulator import strict

HELLO = {"role": "user", "parts": [{"text": "Hello"}]}


def read(model: str = "gemini-x", **fields: Any) -> Request:
    body = {key: value for key, value in ({"contents": [HELLO]} | fields).items() if value is not ...}
    http = HttpRequest(path=f"/v1beta/models/{model}:generateContent", body=json.dumps(body).encode())
    return strict.read_request("gemini", http)


def refused(**fields: Any) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        read(**fields)
    assert (caught.value.status, caught.value.type) == (400, "INVALID_ARGUMENT")
    return caught.value


def test_the_simulators_own_models_have_no_vendors_rules() -> None:
    assert read("sim-1", generationConfig={"temperature": 3}).temperature == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"contents": ...}, "* GenerateContentRequest.contents: contents is not specified\n"),
        ({"contents": []}, "* GenerateContentRequest.contents: contents is not specified\n"),
        ({"contents": [{"role": "user"}]}, "contents[0].parts: contents.parts must not be empty."),
        ({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "Please use a valid role: user, model."),
        ({"contents": [{"parts": [{}]}]}, "contents[0].parts[0].data: required oneof field 'data'"),
        ({"contents": [{"parts": [{"thought": True}]}]}, "required oneof field 'data'"),
        ({"contents": [{"parts": [{"functionCall": {}}]}]}, "parts[0].function_call.name: Name cannot be empty."),
        (
            {"contents": [{"parts": [{"functionResponse": {"name": ""}}]}]},
            "function_response.name: Name cannot be empty.",
        ),
        ({"generationConfig": {"temperature": 2.1}}, "generation_config.temperature: must be in the range [0.0, 2.0]."),
        ({"generationConfig": {"topP": -1}}, "generation_config.top_p: must be in the range [0.0, 1.0]."),
        (
            {"generationConfig": {"candidateCount": 9}},
            "generation_config.candidate_count: must be in the range [1, 8].",
        ),
        ({"generationConfig": {"maxOutputTokens": 0}}, "max_output_tokens must be positive."),
        ({"generationConfig": {"stopSequences": list("abcdef")}}, "at most 5 stop sequences"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}},
            "You can only set only one of thinking budget and thinking level.",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "1f"}]}]},
            "function_declarations[0].name: Invalid function name.",
        ),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].function_declarations[0].name: Invalid function name."),
        (
            {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "f"}]}]},
            "Duplicate function declaration found: f",
        ),
    ],
)
def test_what_the_service_refuses(fields: dict[str, Any], words: str) -> None:
    assert words in refused(**fields).message
