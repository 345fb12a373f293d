"""Factual, creative, cut off and stopped: what temperature, max_tokens and stop do to an answer.

Needs OPENAI_API_KEY. Without one, see README.md.
"""

import ringup

client = ringup.Client("gpt-4o-mini")


def show(title: str, reply: ringup.Reply) -> None:
    print(f"{title}\n  {reply.text!r}\n  finish_reason={reply.finish_reason}, {reply.usage.output_tokens} tokens")


# Facts: temperature 0 takes the likeliest word each time, so the answers (nearly always) repeat.
for _ in range(2):
    show("factual, temperature 0", client.ask("What year was Python created?", temperature=0, max_tokens=60))

# Ideas: temperature 1 chooses more freely, so the answers differ.
for _ in range(2):
    show("creative, temperature 1", client.ask("Write the opening line of a sci-fi novel.", temperature=1))

# max_tokens is a hard cut, not a wish: finish_reason "length" tells that the answer isn't whole.
show("cut off, max_tokens 10", client.ask("Write a long story about a lighthouse.", max_tokens=10))

# stop ends the answer before the first of these words; the word itself isn't part of it.
show("stopped at '4.'", client.ask("List the planets starting with 1.", temperature=0, stop="4."))
