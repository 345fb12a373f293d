from ringup.providers import Provider

PROVIDER = Provider(
    name="huggingface",
    base_url="https://router.huggingface.co/v1",
    key_env=("HF_TOKEN",),
    key_prefixes=("hf_",),
    keys_page="https://huggingface.co/settings/tokens",
    billing_page="https://huggingface.co/settings/billing",
    status_page="https://status.huggingface.co",
)
