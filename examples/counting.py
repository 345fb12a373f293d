"""How many tokens a prompt has, before it is sent; and conversations that grow longer than the model can read.

Needs OPENAI_API_KEY and ANTHROPIC_API_KEY. Without them, see README.md.
"""

import ringup


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


# The provider's own number, and what ringup makes of it without asking.
for offline in (False, True):
    count = ringup.count_tokens(
        "What is the weather in Oslo?", model="claude-haiku-4-5", tools=[get_weather], offline=offline
    )
    how = f"an estimate, mostly within {count.error:.0%}" if count.estimated else "the provider's own"
    print(f"{count.tokens} tokens ({how}), of {count.window:,} that fit")

# A prompt that can't fit costs no call.
try:
    ringup.ask("word " * 10_000, model="gpt-4")
except ringup.PromptTooLongError as error:
    print(f"\n{type(error).__name__}: {error}")

# A conversation that grows: the oldest turns aren't sent any more, and stay in the history.
chat = ringup.chat(model="gpt-4", window="drop_oldest", max_tokens=4000)
print()
for number in range(1, 7):
    reply = chat.ask(f"Turn {number}. " + "word " * 900)
    told = [notice.message for notice in reply.notices if notice.what == "history"]
    print(f"turn {number}: {reply.usage.input_tokens} tokens sent. {''.join(told)}")
print(f"{len(chat.messages)} messages are in the history")

# Or a function makes fewer of them: here the last two, in life perhaps a summary that a model wrote.
chat = ringup.chat(model="gpt-4", window=lambda messages: messages[-2:], max_tokens=4000)
for number in range(1, 7):
    reply = chat.ask(f"Turn {number}. " + "word " * 900)
print(f"{len(chat.messages)} messages, of which {len(chat.sendable())} would be sent next")
