from ringup.providers import Provider

PROVIDER = Provider(
    name="perplexity",
    base_url="https://api.perplexity.ai",
    key_env=("PERPLEXITY_API_KEY",),
    key_prefixes=("pplx-",),
    families=(r"sonar(-pro|-reasoning|-reasoning-pro|-deep-research)?",),
    keys_page="https://www.perplexity.ai/account/api/keys",
    status_page="https://status.perplexity.com",
)
