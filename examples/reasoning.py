"""Reasoning: the same wish on models that take words, budgets or nothing, and the thinking as it comes.

Needs OPENAI_API_KEY and ANTHROPIC_API_KEY. Without them, see README.md.
"""

import warnings

import ringup
from ringup.events import TextDelta, ThinkingDelta

warnings.simplefilter("ignore", ringup.RingupWarning)  # the notices, printed here, say the same

question = "What is the capital of France?"
for model in ("claude-opus-5", "claude-haiku-4-5", "gpt-5", "gpt-4o-mini"):
    for wish in ("high", 2000, "none"):
        reply = ringup.ask(question, model=model, reasoning=wish, max_tokens=4000)
        said = [notice.message for notice in reply.notices if notice.what == "reasoning"]
        print(f"{model} {wish!r}: {reply.usage.reasoning_tokens or 0} tokens of thinking; {said or 'as asked'}")

print("\nas it comes:")
for event in ringup.stream(question, model="claude-opus-5", reasoning="low", max_tokens=4000).events():
    match event:
        case ThinkingDelta(text=text) | TextDelta(text=text):
            print(text, end="", flush=True)
print()
