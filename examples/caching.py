"""Prompt caching: a long instruction that is paid for once, what that saves, and why it sometimes doesn't help.

Needs ANTHROPIC_API_KEY. Without one, see README.md.
"""

import ringup

rules = "House rule: answer in one sentence, and say when you aren't sure. " * 150

client = ringup.Client("claude-sonnet-5", cache=True, max_tokens=300)
chat = client.chat(system=rules)

replies = []
for question in ("What is the capital of France?", "And of Italy?", "And of Japan?"):
    reply = chat.ask(question)
    replies.append(reply)
    usage, saved = reply.usage, reply.bill.saved
    print(f"{question}\n  {usage.input_tokens} tokens in: {usage.cache_read_tokens} read from the cache,", end=" ")
    print(f"{usage.cache_write_tokens} written to it; saved {'?' if saved is None else f'{saved:.5f}'} dollars")

print("\nfirst and second:", ringup.explain_cache(replies[0], replies[1]), sep="\n")

# The time of day at the beginning of a prompt makes each one new.
timed = client.ask("And of Spain?", system="It is 10:42. " + rules)
print("\nwith the time in it:", ringup.explain_cache(replies[-1], timed), sep="\n")
