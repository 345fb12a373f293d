"""Typed output: a value of your own type instead of words, also while it grows, and what happens when it isn't valid.

Needs OPENAI_API_KEY. Without one, see README.md.
"""

from dataclasses import dataclass

import ringup


@dataclass
class Person:
    """Somebody who is spoken of."""

    name: str
    age: int
    tags: list[str]


client = ringup.Client("gpt-4o-mini")

reply = client.ask("Ada Lovelace, 36, mathematician", output=Person)
print(f"output     {reply.output}")
print(f"its type   {type(reply.output).__name__}, asked for by the way {reply.output_way!r}")
print(f"the JSON   {reply.text}\n")

stream = client.stream("Grace Hopper, 85, admiral", output=Person)
seen = list(stream.partials())
for partial in seen[:4]:
    print(f"partial    {partial}")
print(f"... {len(seen)} of them")
print(f"whole      {stream.reply.output}\n")

# Cut off in its midst, an answer is no Person. The error has what the model wrote, and what it cost.
try:
    client.ask("Alan Turing, 41, logician", output=Person, max_tokens=4)
except ringup.OutputError as error:
    print(f"error      {error.reason}: {error.text!r}, {error.partial.usage.output_tokens} tokens")
