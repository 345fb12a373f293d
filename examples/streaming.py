"""A streamed answer: the words as they come, then the whole reply with its tokens.

Needs OPENAI_API_KEY. Without one, see README.md.
"""

import ringup

client = ringup.Client("gpt-4o-mini")

# Iterating gives text, piece by piece.
stream = client.stream("Write three sentences about rivers.", max_tokens=200)
pieces = 0
for piece in stream:
    print(piece, end="", flush=True)
    pieces += 1
reply = stream.reply  # whole, now that the stream is at its end
print(f"\n[{pieces} pieces, {reply.usage.output_tokens} tokens, finish_reason={reply.finish_reason}]")
print(f"[first word after {reply.time_to_first_token:.3f} s, all of it after {reply.latency:.3f} s]\n")

# .events() gives all that happens, as typed values.
counts: dict[str, int] = {}
for event in client.stream("What is the capital of France?").events():
    name = type(event).__name__
    counts[name] = counts.get(name, 0) + 1
print("events:", counts)

# Leaving a `with` block closes the connection at once: the model stops writing, and billing, soon after.
with client.stream("Write a long story about a lighthouse.") as story:
    for number, _ in enumerate(story):
        if number == 5:
            break
print(f"left early, with {len(story.partial.text)} characters: {story!r}")
