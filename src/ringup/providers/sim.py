from ringup.providers import Provider

PROVIDER = Provider(
    name="sim",
    base_url="http://127.0.0.1:4010/v1",
    key_optional=True,
    base_url_env=("RINGUP_SIMULATOR_URL",),
)
