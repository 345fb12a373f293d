from ringup.providers import Provider

PROVIDER = Provider(
    name="openai",
    base_url="https://api.openai.com/v1",
    key_env=("OPENAI_API_KEY",),
    base_url_env=("OPENAI_BASE_URL",),
    key_prefixes=("sk-",),
    families=(
        r"gpt-\d+(\.\d+)?o?(-[a-z0-9.-]+)?",  # not gpt-oss, gpt-j, gpt-neo, gpt4all, which others serve
        r"gpt-(audio|image|live|realtime|rosalind|daybreak|transcribe|chat-latest)[a-z0-9.-]*",
        r"chatgpt-[a-z0-9.-]+",
        r"chat-latest",
        r"o\d(-[a-z0-9.-]+)?",  # not olmo, orca
        r"(codex-mini|computer-use-preview)[a-z0-9.-]*",
        r"ft:(gpt-\d|o\d).*",
        r"text-embedding-(ada-002|3-(small|large))",
    ),
    keys_page="https://platform.openai.com/api-keys",
    billing_page="https://platform.openai.com/settings/organization/billing",
    limits_page="https://platform.openai.com/settings/organization/limits",
    status_page="https://status.openai.com",
)
