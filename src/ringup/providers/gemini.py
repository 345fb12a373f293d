from ringup.providers import Provider

PROVIDER = Provider(
    name="gemini",
    base_url="https://generativelanguage.googleapis.com",
    wire="gemini",
    key_env=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    base_url_env=("GOOGLE_GEMINI_BASE_URL",),
    key_header="x-goog-api-key",
    key_prefixes=("AIza", "AQ."),
    families=(
        r"gemini-[a-z0-9.-]+",  # not OpenRouter's google/gemini-..., which stands behind its own name
        r"gemma-(3|3n|4)-[a-z0-9-]+-it",  # those that this API serves; not gemma3:27b, which Ollama does
    ),
    keys_page="https://aistudio.google.com/apikey",
    billing_page="https://ai.studio/projects",
    limits_page="https://ai.dev/rate-limit",
    status_page="https://aistudio.google.com/status",
)
