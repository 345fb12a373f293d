from ringup.providers import Provider
from ringup.rules import Dial, Rules

PROVIDER = Provider(
    name="mistral",
    base_url="https://api.mistral.ai/v1",
    key_env=("MISTRAL_API_KEY",),
    families=(
        r"mistral-(tiny|small|medium|large|saba|embed|moderation|ocr)(-[a-z0-9.-]+)?",  # not mistral-7b-..., mistral:7b
        r"(magistral|devstral)-(small|medium)(-[a-z0-9.-]+)?",
        r"(codestral|devstral|ministral-\d+b|pixtral-12b|pixtral-large)-(\d{4}|latest)",
        r"(codestral-embed|voxtral-mini|voxtral-small)(-[a-z0-9.-]+)?",
        r"open-(mistral|mixtral)-[a-z0-9-]+",
    ),
    rules=Rules(  # a field that it doesn't know is a 422
        refuses=frozenset({"logprobs", "top_logprobs", "logit_bias", "user", "developer", "name"}),
        renames={"seed": "random_seed"},
        stream_options=False,
        thoughts=frozenset({"thinking"}),
        tool_id_length=9,
        efforts=frozenset({"none", "high"}),
        dial=Dial(on={"reasoning_effort": "high"}),
        source="mistralai/client-python, ChatCompletionRequest; docs.mistral.ai, reasoning",
    ),
    keys_page="https://console.mistral.ai/api-keys",
    status_page="https://status.mistral.ai",
)
