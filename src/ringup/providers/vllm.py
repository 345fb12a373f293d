from ringup.providers import Provider
from ringup.rules import Dial, Rules

PROVIDER = Provider(
    name="vllm",
    base_url="http://localhost:8000/v1",
    key_env=("VLLM_API_KEY",),
    key_optional=True,
    rules=Rules(
        max_tokens_field="max_completion_tokens",
        dial=Dial(  # Qwen's chat template reads the switch, gpt-oss the effort; others pass over both
            budget="thinking_token_budget",
            on={"chat_template_kwargs": {"enable_thinking": True}},
            off={"chat_template_kwargs": {"enable_thinking": False}},
            hide={"include_reasoning": False},
        ),
        source="vllm-project/vllm, ChatCompletionRequest",
    ),
)
