from ringup.providers import Provider

PROVIDER = Provider(
    name="groq",
    base_url="https://api.groq.com/openai/v1",
    key_env=("GROQ_API_KEY",),
    endpoint_env=("GROQ_BASE_URL",),  # Groq's SDK has it without the path
    key_prefixes=("gsk_",),
    keys_page="https://console.groq.com/keys",
    billing_page="https://console.groq.com/settings/billing",
    limits_page="https://console.groq.com/settings/limits",
    status_page="https://groqstatus.com",
)
