from ringup.providers import Provider
from ringup.rules import Rules

PROVIDER = Provider(
    name="ollama",
    base_url="http://localhost:11434/v1",
    key_env=("OLLAMA_API_KEY",),  # for its cloud, OLLAMA_HOST=https://ollama.com
    key_optional=True,
    endpoint_env=("OLLAMA_HOST",),
    rules=Rules(
        refuses=frozenset(  # the first five it passes over without a word
            {"tool_choice", "parallel_tool_calls", "logit_bias", "user", "metadata", "image_url"}
        ),
        thoughts=frozenset({"reasoning"}),
        efforts=frozenset({"none", "low", "medium", "high", "max"}),
        source="ollama/ollama, openai/openai.go (August 2026)",
    ),
    keys_page="https://ollama.com/settings/keys",
)
