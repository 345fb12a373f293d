from ringup.providers import Provider

PROVIDER = Provider(
    name="nvidia",
    base_url="https://integrate.api.nvidia.com/v1",
    key_env=("NVIDIA_API_KEY",),
    key_prefixes=("nvapi-",),
    keys_page="https://build.nvidia.com/settings/api-keys",
)
