"""Turns with every kind of part, as each wire gives them: what must go back unchanged, and what can't cross."""

from __future__ import annotations

from typing import Any

CHAT, CLAUDE, RESPONSES, GEMINI = "chat_completions", "anthropic_messages", "responses", "gemini"


def _chat(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "logprobs": None, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def _claude(*content: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5", "content": list(content),
        "stop_reason": "tool_use", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 2},
    }  # fmt: skip


def _responses(*output: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5.6", "status": "completed",
        "output": list(output),
    }  # fmt: skip


def _gemini(*parts: dict[str, Any]) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "modelVersion": "gemini-3-flash-preview", "responseId": "answer-1"}


def _call(id: str, name: str = "get_weather", arguments: str = '{"city": "Oslo", "days": 1.50}') -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


CITED = {
    "type": "url_citation",
    "url_citation": {"start_index": 0, "end_index": 2, "title": "Weather", "url": "https://weather.example"},
}
DETAILS = [
    {"type": "reasoning.summary", "summary": "It asks for the weather.", "id": "r0", "format": "x-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "c2VhbGVk", "id": "r1", "format": "x-v1", "index": 1},
    {"type": "reasoning.text", "text": "Let me look.", "signature": "sig-1", "format": "y-v1", "index": 2},
]

CHATS = {
    "openai": _chat(content="Sunny.", annotations=[CITED], tool_calls=[_call("call_" + "a" * 24), _call("call_2")]),
    "a custom tool": _chat(
        content=None, tool_calls=[{"id": "call_3", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}]
    ),
    "a refusal": _chat(content=None, refusal="I can't help with that."),
    "what was said": _chat(
        content=None, audio={"id": "audio_1", "data": "UklGRg==", "expires_at": 99, "transcript": "Sunny."}
    ),
    "deepseek": _chat(content="Sunny.", reasoning_content="Hm, Oslo.", tool_calls=[_call("call_00_abc")]),
    "groq": _chat(content="Sunny.", reasoning="Hm, Oslo.", tool_calls=[_call("fc_1")]),
    "openrouter": _chat(content="Sunny.", reasoning_details=DETAILS, tool_calls=[_call("toolu_9")]),
    "mistral": _chat(
        content=[
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True},
            {"type": "text", "text": "Sunny."},
            {"type": "reference", "reference_ids": [1]},
        ],
        tool_calls=[_call("D681PevKs")],
    ),
    "gemini's own": _chat(
        content=None,
        tool_calls=[{**_call("function-call-1"), "extra_content": {"google": {"thought_signature": "c2ln"}}}],
    ),
    "an odd id": _chat(content=None, tool_calls=[_call("functions.get_weather:0|" + "x" * 60)]),
}
CLAUDES = {
    "everything": _claude(
        {"type": "thinking", "thinking": "Let me look.", "signature": "EqQBsig"},
        {"type": "redacted_thinking", "data": "c2VhbGVk"},
        {"type": "text", "text": "I'll look."},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "weather Oslo"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "srvtoolu_1",
            "content": [{"type": "web_search_result", "url": "https://w.example", "encrypted_content": "RQ"}],
        },
        {
            "type": "text",
            "text": "Sunny.",
            "citations": [
                {"type": "web_search_result_location", "url": "https://w.example", "title": "W",
                 "encrypted_index": "RQ", "cited_text": "sunny"}
            ],
        },
        {"type": "tool_use", "id": "toolu_01A", "name": "get_weather", "input": {"city": "Oslo", "days": 1.5},
         "caller": {"type": "direct"}},
        {"type": "tool_use", "id": "toolu_01B", "name": "get_weather", "input": {}},
    ),
    "thinking that isn't shown": _claude(
        {"type": "thinking", "thinking": "", "signature": "EqQBsig"}, {"type": "text", "text": "Hi."}
    ),
    "only sealed": _claude({"type": "redacted_thinking", "data": "c2VhbGVk"}),
}  # fmt: skip
RESPONSESES = {
    "everything": _responses(
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Looking."},
                                                        {"type": "summary_text", "text": "Found."}],
         "encrypted_content": "gAAAAsealed"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed",
         "action": {"type": "search", "query": "weather Oslo"}},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "commentary",
         "content": [
            {"type": "output_text", "text": "Sunny.", "logprobs": [],
             "annotations": [{"type": "url_citation", "start_index": 0, "end_index": 2, "title": "W", "url": "https://w.example"}]},
            {"type": "refusal", "refusal": "No more than that."},
         ]},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAAAmore"},
        {"type": "function_call", "id": "fc_1", "call_id": "call_" + "b" * 50, "name": "get_weather",
         "arguments": '{"city": "Oslo", "days": 1.50}', "status": "completed"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "sql", "input": "select 1",
         "status": "completed"},
    ),
    "an open model's": _responses(
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "Hi.", "annotations": [], "logprobs": []}]},
    ),
    "only sealed": _responses(
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAsealed"}
    ),
}  # fmt: skip
GEMINIS = {
    "everything": _gemini(
        {"text": "Looking.", "thought": True},
        {"text": "Sunny.", "thoughtSignature": "c2lnMQ=="},
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}, "thoughtSignature": "c2lnMg=="},
        {"functionCall": {"id": "c1", "name": "get_weather", "args": {"city": "Oslo", "days": 1.5}},
         "thoughtSignature": "c2lnMw=="},
        {"functionCall": {"name": "get_weather", "args": {}}},
    ),
    "a signature alone": _gemini({"text": "Hi."}, {"text": "", "thoughtSignature": "c2lnMQ=="}),
    "only a thought": _gemini({"text": "Looking.", "thought": True}),
}  # fmt: skip

TURNS: dict[str, dict[str, dict[str, Any]]] = {CHAT: CHATS, CLAUDE: CLAUDES, RESPONSES: RESPONSESES, GEMINI: GEMINIS}
