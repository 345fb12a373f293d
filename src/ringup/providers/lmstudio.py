from ringup.providers import Provider
from ringup.rules import Rules

PROVIDER = Provider(
    name="lmstudio",
    base_url="http://localhost:1234/v1",
    key_env=("LM_STUDIO_API_KEY",),
    key_optional=True,
    rules=Rules(refuses=frozenset({"json_object"}), source="lmstudio.ai, structured output: json_schema only"),
)
