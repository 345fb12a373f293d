from ringup.providers import Provider
from ringup.rules import Rules

PROVIDER = Provider(
    name="groq",
    base_url="https://api.groq.com/openai/v1",
    key_env=("GROQ_API_KEY",),
    endpoint_env=("GROQ_BASE_URL",),  # Groq's SDK has it without the path
    key_prefixes=("gsk_",),
    rules=Rules(
        refuses=frozenset({"logprobs", "top_logprobs", "logit_bias", "name"}),  # each a 400
        max_tokens_field="max_completion_tokens",
        thoughts=frozenset({"reasoning"}),
        efforts=frozenset({"none", "default", "low", "medium", "high"}),
        source="groq-python; console.groq.com, OpenAI compatibility",
    ),
    keys_page="https://console.groq.com/keys",
    billing_page="https://console.groq.com/settings/billing",
    limits_page="https://console.groq.com/settings/limits",
    status_page="https://groqstatus.com",
)
