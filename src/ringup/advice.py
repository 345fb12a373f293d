"""What to do about a failed call: whether a retry can help, and what to mend, in a sentence or two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ringup import errors, models
from ringup.errors import APIError, APIStatusError, APITimeoutError
from ringup.providers import Provider
from ringup.reply import Notice
from ringup.secret import Auth

__all__ = ["advise", "held_back"]

_NOBODY = Provider(name="", base_url="")


def advise(
    error: APIError, provider: Provider | None, model: str, auth: Auth | None = None, notices: Sequence[Notice] = ()
) -> str:
    """One or two sentences for the user, from the error's class, code and `retry_after`, and the provider's pages;
    from where the key came (None: none was sent), and the call's notices. `model` is empty where the list of models was
    asked for."""
    if isinstance(error, APIStatusError) and type(error).retryable and not error.retryable:
        return _told_not_to(provider or _NOBODY)
    if isinstance(error, errors.AuthenticationError | errors.PermissionDeniedError):
        return _not_allowed(error, provider or _NOBODY, auth, notices)
    for kind, write in _ADVICE:
        if isinstance(error, kind):
            return write(error, provider or _NOBODY, model)
    return "The same call may work when it is made again." if error.retryable else "The same call would fail again."


def _told_not_to(provider: Provider) -> str:
    """For a failure that mostly passes, with `x-should-retry: false`."""
    state = f" Its state: {provider.status_page}" if provider.status_page else ""
    return f"A retry can't help: the provider says not to try this call again.{state}"


def _at(page: str) -> str:
    return f" at {page}" if page else ""


def _in(seconds: float) -> str:
    """A wait in words."""
    if seconds < 120:
        return f"in {max(seconds, 1):.0f} s"
    return f"in {seconds / 60:.0f} minutes" if seconds < 7200 else f"in {seconds / 3600:.0f} hours"


def _when(error: APIError, otherwise: str) -> str:
    return otherwise if error.retry_after is None else _in(error.retry_after)


# The provider said no


def _not_allowed(error: APIError, provider: Provider, auth: Auth | None, notices: Sequence[Notice]) -> str:
    if error.code == "ip_not_authorized":
        return f"A retry can't help: this computer's address isn't allowed. Add it{_at(provider.keys_page)}."
    if error.code == "invalid_organization":
        return "A retry can't help: the organization is wrong. Mend or unset OPENAI_ORG_ID."
    if error.code == "unsupported_country_region_territory":
        return "A retry can't help: the provider doesn't serve the country or region that this call came from."
    is_refused = isinstance(error, errors.AuthenticationError)
    if auth is None:
        perhaps = "" if is_refused else "perhaps "
        do = held_back(notices) or "pass one as api_key=, to a client"
        return f"A retry can't help, {perhaps}for no key was sent: {do}."
    key = f"the key {auth.source or '(api_key=...)'}"
    if not is_refused:
        return f"A retry can't help: {key} is valid and may not do this. Check its rights{_at(provider.keys_page)}."
    page = f" or make a new one{_at(provider.keys_page)}" if provider.keys_page else ""
    return f"A retry can't help: {key} was refused. Check it{' with `ringup keys check`' if auth.source else ''}{page}."


def held_back(notices: Iterable[Notice]) -> str:
    """Why the key that there is isn't sent to this server; empty where it is, or there is none."""
    return next((notice.message for notice in notices if (notice.kind, notice.what) == ("refused", "api_key")), "")


def _payment(_error: APIError, provider: Provider, _model: str) -> str:
    return f"A retry can't help: the account has no credit. Add some{_at(provider.billing_page)}."


def _not_found(error: APIError, provider: Provider, model: str) -> str:
    if not model:
        return "A retry can't help: check the server's address; and some servers have no list of models."
    ids = [name for name, _ in models.known(provider.name)]
    if model in ids:
        path = f"check base_url if you gave one ({provider.name}'s own is {provider.base_url}); or "
        where = "" if model in error.message else path
        return f"A retry can't help: {where}{model} may be retired, or the key may not see it. Try another model."
    import difflib  # here, for it is needed only when a name was wrong

    near = difflib.get_close_matches(model, ids, 3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`ringup models` lists those there are."
    return f"A retry can't help: check the model's name ({model!r}), and base_url if you gave one; {hint}"


def _too_large(_error: APIError, _provider: Provider, _model: str) -> str:
    return "A retry can't help: send less. Shorten the prompt or the conversation, or give large files by their URL."


def _too_long(_error: APIError, provider: Provider, model: str) -> str:
    window = models.rules(provider.name, model).context_window
    fits = f" of {window:,} tokens" if window else ""
    return (
        f"A retry can't help: prompt and answer don't fit the model's window{fits}. "
        "Shorten the prompt or the conversation, lower max_tokens, or take a model with a larger window."
    )


def _bad_request(error: APIError, _provider: Provider, model: str) -> str:
    if error.param and error.code in ("unsupported_parameter", "unknown_parameter", "unsupported_value"):
        return f"A retry can't help: leave {error.param} out, {model} doesn't take it so."
    what = f"mend {error.param}" if error.param else "mend what the message names"
    return f"A retry can't help: {what}, and call again."


def _quota(_error: APIError, provider: Provider, _model: str) -> str:
    return (
        "Neither waiting nor a retry helps: the credit or the spend limit is used up. "
        f"Add credit{_at(provider.billing_page)}, or raise the limit{_at(provider.limits_page)}."
    )


def _rate_limit(error: APIError, provider: Provider, _model: str) -> str:
    come_back = _when(error, "in a few seconds, later each time")
    return (
        f"A retry helps after a wait: come back {come_back}. "
        f"Send fewer requests at once, or see your limits{_at(provider.limits_page)}."
    )


def _again(error: APIError, _provider: Provider, _model: str) -> str:
    return f"A retry may help: call again {_when(error, 'in a few seconds')}."


def _overloaded(error: APIError, provider: Provider, _model: str) -> str:
    state = f" Its state: {provider.status_page}" if provider.status_page else ""
    return (
        f"A retry helps once the provider has room: call again {_when(error, 'in a minute')}, or use another model."
        f"{state}"
    )


def _gateway(error: APIError, _provider: Provider, _model: str) -> str:
    return (
        f"The provider took too long, and a retry may help: call again {_when(error, 'in a minute')}. "
        "A streamed or a shorter answer (max_tokens) is less often cut off."
    )


def _server(error: APIError, provider: Provider, _model: str) -> str:
    quote = f" and quote {error.request_id} to its support" if error.request_id else ""
    lasting = f" If it goes on, see {provider.status_page}{quote}." if provider.status_page else ""
    return f"The fault is the provider's, and a retry may help: call again {_when(error, 'in a minute')}.{lasting}"


def _status(error: APIError, _provider: Provider, _model: str) -> str:
    if (error.status or 400) < 400:
        return "A retry can't help: base_url isn't the API's own address. Give the address itself, if you trust it."
    return "The same call may work later." if error.retryable else "A retry can't help: mend what the message names."


# No answer, or none that can be read


def _timeout(error: APIError, provider: Provider, model: str) -> str:
    assert isinstance(error, APITimeoutError)
    limit = "`idle_timeout`" if error.retryable else "`timeout`"  # a deadline that has passed allows no retry
    match error.phase:
        case "connect":
            return _connection(error, provider, model)
        case "stream":
            return f"What came is in the error's .partial. Raise {limit}, or ask for less with max_tokens."
        case "retry_wait":
            back = "" if error.retry_after is None else f" or come back {_in(error.retry_after)}"
            return f"A retry may help, and there was no time left for one: raise `timeout`{back}."
    return f"A retry may help. Raise {limit} for a model that thinks long, or ask for less with max_tokens."


def _connection(_error: APIError, provider: Provider, _model: str) -> str:
    if provider.name == "sim":
        return "A retry helps once the simulator runs: start it with `ringup simulate`."
    if "//localhost" in provider.base_url or "//127.0.0.1" in provider.base_url:
        return f"A retry helps once the server runs: nothing answers at {provider.base_url}."
    return "A retry may help. Check the network, any proxy (HTTPS_PROXY) or firewall, and base_url if you gave one."


def _truncated(_error: APIError, _provider: Provider, _model: str) -> str:
    return (
        "The answer is not complete; what came is in the error's .partial. A retry may help: call again. "
        "If it happens often, a proxy in between cuts long answers."
    )


def _protocol(_error: APIError, _provider: Provider, _model: str) -> str:
    return "A retry seldom helps: what answered isn't this API. Check base_url, and any proxy or login page in between."


def _not_of_type(_error: APIError, _provider: Provider, _model: str) -> str:
    return "A retry may help: repair=1 asks the model again and says what is wrong. What it wrote is in .text."


_ADVICE: tuple[tuple[type[APIError], Callable[[APIError, Provider, str], str]], ...] = (
    (errors.PaymentRequiredError, _payment),
    (errors.NotFoundError, _not_found),
    (errors.ContentTooLargeError, _too_large),
    (errors.ContextLengthError, _too_long),
    (errors.BadRequestError, _bad_request),
    (errors.UnprocessableEntityError, _bad_request),
    (errors.QuotaExceededError, _quota),
    (errors.RateLimitError, _rate_limit),
    (errors.RequestTimeoutError, _again),
    (errors.ConflictError, _again),
    (errors.OverloadedError, _overloaded),
    (errors.GatewayTimeoutError, _gateway),
    (errors.InternalServerError, _server),
    (APIStatusError, _status),
    (APITimeoutError, _timeout),
    (errors.APIConnectionError, _connection),
    (errors.StreamTruncatedError, _truncated),
    (errors.ProtocolError, _protocol),
    (errors.OutputError, _not_of_type),
)
"""The first class that an error belongs to counts: the special ones stand first."""
