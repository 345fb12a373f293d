"""Errors where only the Responses API has them: in a failed response, and as an event of its stream, both ways.

Those of an answer's status and body are OpenAI's, as on its other wires: `ringup.openai_errors`.
"""

from __future__ import annotations

from typing import Any

from ringup.errors import APIError, InternalServerError
from ringup.openai_errors import error_body, error_of

__all__ = ["event_error", "failed_error", "flat_error"]

_FAULTS = frozenset({"server_error", "vector_store_timeout"})
_REFUSALS = frozenset(
    {
        *("invalid_prompt", "data_residency_mismatch", "bio_policy", "misalignment_policy_violation", "invalid_image"),
        *("invalid_image_format", "invalid_base64_image", "invalid_image_url", "image_too_large", "image_too_small"),
        *("image_parse_error", "image_content_policy_violation", "invalid_image_mode", "image_file_too_large"),
        *("unsupported_image_media_type", "empty_image_file", "failed_to_download_image", "image_file_not_found"),
    }
)
"""The codes of a failed response (openai-python 3.54, response_error.py) that blame the request."""


def failed_error(response: dict[str, Any]) -> APIError:
    """The error of a response whose status is failed, by its code."""
    error = response.get("error")
    if not isinstance(error, dict):
        error = {"message": error if error and isinstance(error, str) else "the response failed, and doesn't say why"}
        return InternalServerError(error["message"], body=response.get("error"))
    return error_of({"error": _typed(error)})


def event_error(event: dict[str, Any]) -> APIError:
    """The error of an `error` event: flat, as the API's types have it, or nested, as it is also sent."""
    nested = event.get("error")
    if nested:
        status = event.get("status")
        known = isinstance(status, int) and 400 <= status <= 599
        inner = _typed(nested) if isinstance(nested, dict) else nested
        return error_of({"error": inner}, status if isinstance(status, int) and known else 200)
    flat = {key: value for key, value in event.items() if key != "sequence_number" and value != "error"}
    return error_of({"error": _typed(flat)})


def _typed(error: dict[str, Any]) -> dict[str, Any]:
    """An error with a type, where it has none and its code tells."""
    if error.get("type"):
        return error
    kinds = {**dict.fromkeys(_FAULTS, "server_error"), **dict.fromkeys(_REFUSALS, "invalid_request_error")}
    kind = kinds.get(str(error.get("code")))
    return {**error, "type": kind} if kind else error


def flat_error(error: APIError) -> dict[str, Any]:
    """An error as the fields of an `error` event."""
    said: dict[str, Any] = error_body(error)["error"]
    return {"code": said["code"], "message": said["message"], "param": said["param"]}
