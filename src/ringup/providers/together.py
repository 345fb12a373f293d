from ringup.providers import Provider
from ringup.rules import Dial, Rules

PROVIDER = Provider(
    name="together",
    base_url="https://api.together.ai/v1",
    key_env=("TOGETHER_API_KEY",),
    base_url_env=("TOGETHER_BASE_URL",),
    rules=Rules(
        dial=Dial(on={"reasoning": {"enabled": True}}, off={"reasoning": {"enabled": False}}),
        source="together-python 3.1, ChatCompletion",
    ),
    keys_page="https://api.together.ai/settings/api-keys",
    billing_page="https://api.together.ai/settings/billing",
    status_page="https://status.together.ai",
)
