"""The same question on both vendors: the same lines of Python, and what differs underneath.

Needs OPENAI_API_KEY and ANTHROPIC_API_KEY. Without them, see README.md.
"""

import ringup

for model in ("gpt-4o-mini", "claude-haiku-4-5"):
    reply = ringup.ask("What is the capital of France?", model=model)

    print(f"== {reply.provider}: {reply.model}")
    print("The same for both:")
    print("  text         ", reply.text)
    print("  finish_reason", reply.finish_reason)  # "stop", whoever answers
    print("  tokens       ", reply.usage.input_tokens, "in,", reply.usage.output_tokens, "out")
    print("Different on the wire:")
    print("  wire         ", reply.wire)
    print("  its own word ", reply.raw_finish_reason)  # OpenAI says "stop", Anthropic "end_turn"
    if reply.provider == "openai":
        print("  text is at    choices[0].message.content:", reply.raw["choices"][0]["message"]["content"][:20], "...")
        print("  tokens are    prompt_tokens:", reply.raw["usage"]["prompt_tokens"])
    else:
        print("  text is at    content[0].text:", reply.raw["content"][0]["text"][:20], "...")
        print("  tokens are    input_tokens:", reply.raw["usage"]["input_tokens"])
    for notice in reply.notices:  # Anthropic, for one, wants a max_tokens, and ringup fills it in
        print("  notice       ", notice.kind, notice.what, "-", notice.message)
    print()
