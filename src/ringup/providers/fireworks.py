from ringup.providers import Provider

PROVIDER = Provider(
    name="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    key_env=("FIREWORKS_API_KEY",),
    key_prefixes=("fw_",),
    keys_page="https://app.fireworks.ai/settings/users/api-keys",
    status_page="https://status.fireworks.ai",
)
