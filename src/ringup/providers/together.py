from ringup.providers import Provider

PROVIDER = Provider(
    name="together",
    base_url="https://api.together.ai/v1",
    key_env=("TOGETHER_API_KEY",),
    base_url_env=("TOGETHER_BASE_URL",),
    keys_page="https://api.together.ai/settings/api-keys",
    billing_page="https://api.together.ai/settings/billing",
    status_page="https://status.together.ai",
)
