from ringup.providers import Provider
from ringup.rules import Dial, Rules

PROVIDER = Provider(
    name="deepseek",
    base_url="https://api.deepseek.com",
    key_env=("DEEPSEEK_API_KEY",),
    families=(r"deepseek-(chat|reasoner|v[4-9][a-z0-9.-]*)",),  # others serve r1, v3, coder and the distilled ones
    rules=Rules(
        refuses=frozenset({"developer", "json_schema"}),
        thoughts=frozenset({"reasoning_content"}),
        dial=Dial(on={"thinking": {"type": "enabled"}}, off={"thinking": {"type": "disabled"}}),
        source="api-docs.deepseek.com; its guide to thinking mode",
    ),
    keys_page="https://platform.deepseek.com/api_keys",
    billing_page="https://platform.deepseek.com/top_up",
    status_page="https://status.deepseek.com",
)
