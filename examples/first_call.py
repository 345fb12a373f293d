"""The first call, and every field of the reply.

Needs OPENAI_API_KEY. Without one, see README.md: the simulator answers the same lines.
"""

import ringup

reply = ringup.ask("What is the capital of France?", model="gpt-4o-mini", max_tokens=256)

print("The answer")
print("  text           ", reply.text)
print("  finish_reason  ", reply.finish_reason)  # stop: it said all. length: max_tokens cut it off
print("  raw_finish     ", reply.raw_finish_reason)  # the provider's own word for it
print("  message.role   ", reply.message.role)  # "assistant": goes back into a conversation as it is

print("What it used")
print("  input_tokens   ", reply.usage.input_tokens)  # what we sent, counted by the model
print("  output_tokens  ", reply.usage.output_tokens)  # what it wrote
print("  total_tokens   ", reply.usage.total_tokens)
print("  cost in dollars", reply.cost)  # None when the price isn't known, never 0 for want of knowledge
for line, dollars in reply.bill.lines:
    print(f"    {line}: {dollars}")

print("Who answered, and when")
print("  model          ", reply.model)  # the exact version behind the name
print("  provider       ", reply.provider)
print("  id             ", reply.id)
print("  request_id     ", reply.request_id)  # quote this one to the provider's support
print("  latency        ", f"{reply.latency:.3f} s")

print("How it travelled")
for attempt in reply.attempts:  # more than one when a try failed and ringup tried again
    print(f"  attempt {attempt.number}: {attempt.outcome}, status {attempt.status}, {attempt.bytes_sent} bytes sent")
for notice in reply.notices:  # what was renamed, added or left out for this model
    print(f"  notice: {notice.message}")
print("  raw            ", sorted(reply.raw))  # the whole answer as the provider sent it
