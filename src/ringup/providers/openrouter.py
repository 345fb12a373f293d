from ringup.providers import Provider
from ringup.rules import Dial, Rules

PROVIDER = Provider(
    name="openrouter",
    base_url="https://openrouter.ai/api/v1",
    key_env=("OPENROUTER_API_KEY",),
    key_prefixes=("sk-or-",),
    rules=Rules(
        max_tokens_field="max_completion_tokens",
        thoughts=frozenset({"reasoning", "reasoning_content", "reasoning_details"}),
        dial=Dial(
            effort="reasoning.effort",
            budget="reasoning.max_tokens",
            on={"reasoning": {"enabled": True}},
            off={"reasoning": {"effort": "none"}},
            hide={"reasoning": {"exclude": True}},
        ),
        source="openrouter-python; openrouter.ai, reasoning tokens",
    ),
    keys_page="https://openrouter.ai/settings/keys",
    billing_page="https://openrouter.ai/settings/credits",
    status_page="https://status.openrouter.ai",
)
