from ringup.providers import Provider

PROVIDER = Provider(
    name="anthropic",
    base_url="https://api.anthropic.com",
    wire="anthropic_messages",
    key_env=("ANTHROPIC_API_KEY",),
    base_url_env=("ANTHROPIC_BASE_URL",),
    key_header="x-api-key",
    key_prefixes=("sk-ant-",),
    families=(r"claude-[a-z0-9.-]+",),  # not Bedrock's claude-...-v1:0 or Vertex's claude-...@20250929
    keys_page="https://platform.claude.com/settings/keys",
    billing_page="https://platform.claude.com/settings/billing",
    limits_page="https://platform.claude.com/settings/limits",
    status_page="https://status.claude.com",
)
