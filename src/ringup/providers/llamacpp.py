from ringup.providers import Provider
from ringup.rules import Dial, Rules

PROVIDER = Provider(
    name="llamacpp",
    base_url="http://127.0.0.1:8080/v1",
    key_env=("LLAMA_API_KEY",),
    key_optional=True,
    rules=Rules(
        dial=Dial(
            on={"chat_template_kwargs": {"enable_thinking": True}},
            off={"chat_template_kwargs": {"enable_thinking": False}},
        ),
        source="ggml-org/llama.cpp, tools/server/README.md",
    ),
)
