"""The messages of Google's protocol as a table: what each field is called and what it holds.

On this wire JSON stands for protocol buffers. A field has two names: `maxOutputTokens`, as Google writes it, and
`max_output_tokens`, which it reads too. Facts: the types of google-genai 3.4.0, for the Gemini API and for Vertex.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["FIELDS", "MESSAGES", "NAMES", "camel", "plain_name"]

_REQUEST = {
    "model": "string",
    "contents": "Content*",
    "systemInstruction": "Content",
    "tools": "Tool*",
    "toolConfig": "ToolConfig",
    "safetySettings": "SafetySetting*",
    "generationConfig": "GenerationConfig",
    "cachedContent": "string",
    "serviceTier": "enum",
    "store": "bool",
    "continuationToken": "bytes",
    "labels": "object",
    "modelArmorConfig": "object",
    "outputConfig": "object",
}
_PART = {
    "text": "string",
    "thought": "bool",
    "thoughtSignature": "bytes",
    "inlineData": "Blob",
    "fileData": "FileData",
    "functionCall": "FunctionCall",
    "functionResponse": "FunctionResponse",
    "executableCode": "object",
    "codeExecutionResult": "object",
    "toolCall": "object",
    "toolResponse": "object",
    "videoMetadata": "object",
    "mediaResolution": "any",
    "mediaProcessing": "any",
    "partMetadata": "object",
    "audioTranscription": "object",
    "speechMetadata": "object",
    "documentMetadata": "object",
    "spreadsheetMetadata": "object",
    "audioMetadata": "object",
}
_GENERATION = {
    "temperature": "float",
    "topP": "float",
    "topK": "float",
    "candidateCount": "int32",
    "maxOutputTokens": "int32",
    "stopSequences": "string*",
    "seed": "int32",
    "presencePenalty": "float",
    "frequencyPenalty": "float",
    "responseLogprobs": "bool",
    "logprobs": "int32",
    "responseMimeType": "string",
    "responseSchema": "object",
    "responseJsonSchema": "any",
    "responseModalities": "enum*",
    "responseFormat": "any",
    "mediaResolution": "enum",
    "thinkingConfig": "ThinkingConfig",
    "speechConfig": "object",
    "imageConfig": "object",
    "audioTimestamp": "bool",
    "audioTranscriptionConfig": "object",
    "enableEnhancedCivicAnswers": "bool",
    "enableAffectiveDialog": "bool",
    "modelSelectionConfig": "object",
    "modelConfig": "object",
    "routingConfig": "object",
    "translationConfig": "object",
}
_TOOL = {
    "functionDeclarations": "FunctionDeclaration*",
    "googleSearch": "object",
    "googleSearchRetrieval": "object",
    "googleMaps": "object",
    "codeExecution": "object",
    "urlContext": "object",
    "fileSearch": "object",
    "computerUse": "object",
    "mcpServers": "object*",
    "retrieval": "object",
    "enterpriseWebSearch": "object",
    "parallelAiSearch": "object",
    "exaAiSearch": "object",
}
_CANDIDATE = {
    "content": "Content",
    "finishReason": "enum",
    "finishMessage": "string",
    "index": "int32",
    "tokenCount": "int32",
    "avgLogprobs": "float",
    "logprobsResult": "any",
    "safetyRatings": "any",
    "citationMetadata": "any",
    "groundingMetadata": "any",
    "groundingAttributions": "any",
    "urlContextMetadata": "any",
    "continuationToken": "bytes",
}
_USAGE = {
    "promptTokenCount": "int32",
    "cachedContentTokenCount": "int32",
    "candidatesTokenCount": "int32",
    "thoughtsTokenCount": "int32",
    "toolUsePromptTokenCount": "int32",
    "totalTokenCount": "int32",
    "promptTokensDetails": "any",
    "cacheTokensDetails": "any",
    "candidatesTokensDetails": "any",
    "toolUsePromptTokensDetails": "any",
    "serviceTier": "enum",
    "trafficType": "enum",
}

MESSAGES: dict[str, dict[str, str]] = {
    "GenerateContentRequest": _REQUEST,
    "Content": {"role": "string", "parts": "Part*"},
    "Part": _PART,
    "Blob": {"mimeType": "string", "data": "bytes", "displayName": "string"},
    "FileData": {"mimeType": "string", "fileUri": "string", "displayName": "string"},
    "FunctionCall": {
        "id": "string",
        "name": "string",
        "args": "object",
        "partialArgs": "any",
        "willContinue": "bool",
    },
    "FunctionResponse": {
        "id": "string",
        "name": "string",
        "response": "object",
        "parts": "FunctionResponsePart*",
        "willContinue": "bool",
        "scheduling": "enum",
    },
    "FunctionResponsePart": {
        "inlineData": "Blob",
        "fileData": "FileData",
        "mediaProcessing": "any",
        "mediaResolution": "any",
        "videoMetadata": "object",
        "documentMetadata": "object",
        "spreadsheetMetadata": "object",
        "audioMetadata": "object",
    },
    "Tool": _TOOL,
    "FunctionDeclaration": {
        "name": "string",
        "description": "string",
        "parameters": "object",
        "parametersJsonSchema": "any",
        "response": "object",
        "responseJsonSchema": "any",
        "behavior": "enum",
    },
    "ToolConfig": {
        "functionCallingConfig": "FunctionCallingConfig",
        "retrievalConfig": "object",
        "includeServerSideToolInvocations": "bool",
    },
    "FunctionCallingConfig": {
        "mode": "enum",
        "allowedFunctionNames": "string*",
        "streamFunctionCallArguments": "bool",
    },
    "SafetySetting": {"category": "enum", "threshold": "enum", "method": "enum"},
    "GenerationConfig": _GENERATION,
    "ThinkingConfig": {"includeThoughts": "bool", "thinkingBudget": "int32", "thinkingLevel": "enum"},
    "GenerateContentResponse": {
        "candidates": "Candidate*",
        "promptFeedback": "PromptFeedback",
        "usageMetadata": "UsageMetadata",
        "modelVersion": "string",
        "responseId": "string",
        "createTime": "string",
        "modelStatus": "any",
    },
    "Candidate": _CANDIDATE,
    "PromptFeedback": {"blockReason": "enum", "blockReasonMessage": "string", "safetyRatings": "any"},
    "UsageMetadata": _USAGE,
}
"""{message: {field: what it holds}}. A star says that the field repeats; "object" and "any" aren't looked into."""

FIELDS = frozenset(_REQUEST) | {"alt"}
"""The top-level fields of a request that Google knows, and `alt`, which goes into the address. It refuses any other."""

_UPPER = re.compile(r"(?<!^)([A-Z])")


def plain_name(name: str) -> str:
    """A field's name as Google's refusals tell it: generation_config for generationConfig."""
    return _UPPER.sub(r"_\1", name).lower()


NAMES: dict[str, dict[str, str]] = {
    message: {alias: name for name in fields for alias in (name, plain_name(name))}
    for message, fields in MESSAGES.items()
}
"""{message: {either name of a field: the one that Google writes}}."""


def camel(message: str, value: Any) -> Any:
    """The same JSON with every known field under the name that Google writes. Whatever else it holds stays as it is."""
    names = NAMES.get(message)
    if names is None:
        return value
    if isinstance(value, list):
        return [camel(message, item) for item in value]
    if not isinstance(value, dict):
        return value
    kinds = MESSAGES[message]
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = names.get(key) or key
        kind = kinds.get(name, "any")
        found[name] = camel(kind.rstrip("*"), item) if isinstance(item, (dict, list)) else item
    return found
