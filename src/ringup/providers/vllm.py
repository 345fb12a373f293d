from ringup.providers import Provider
from ringup.rules import Rules

PROVIDER = Provider(
    name="vllm",
    base_url="http://localhost:8000/v1",
    key_env=("VLLM_API_KEY",),
    key_optional=True,
    rules=Rules(max_tokens_field="max_completion_tokens", source="vllm-project/vllm, ChatCompletionRequest"),
)
