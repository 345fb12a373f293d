from ringup.providers import Provider

PROVIDER = Provider(
    name="xai",
    base_url="https://api.x.ai/v1",
    key_env=("XAI_API_KEY",),
    key_prefixes=("xai-",),
    families=(r"grok-[a-z0-9.-]+",),
    keys_page="https://console.x.ai",
    billing_page="https://console.x.ai",
    status_page="https://status.x.ai",
)
