from ringup.providers import Provider

PROVIDER = Provider(
    name="azure",
    base_url="/openai/v1",  # the v1 API, where no api-version is needed; a model is the name of a deployment
    key_env=("AZURE_OPENAI_API_KEY",),
    endpoint_env=("AZURE_OPENAI_ENDPOINT",),
    key_header="api-key",
    keys_page="https://portal.azure.com",
    status_page="https://azure.status.microsoft",
)
