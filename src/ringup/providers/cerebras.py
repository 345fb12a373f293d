from ringup.providers import Provider
from ringup.rules import Rules

PROVIDER = Provider(
    name="cerebras",
    base_url="https://api.cerebras.ai/v1",
    key_env=("CEREBRAS_API_KEY",),
    key_prefixes=("csk-",),
    rules=Rules(
        refuses=frozenset(
            {"frequency_penalty", "presence_penalty", "logit_bias", "parallel_tool_calls", "service_tier"}
        ),
        source="inference-docs.cerebras.ai/resources/openai, fields that are a 400",
    ),
    keys_page="https://cloud.cerebras.ai",
    status_page="https://status.cerebras.ai",
)
