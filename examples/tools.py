"""Tools: plain functions that the model calls, one of them only with your approval.

Needs OPENAI_API_KEY. Without one, see README.md.
"""

from typing import Annotated, Literal

import ringup
from ringup.events import TextDelta, ToolEnded, ToolStarted


def get_weather(city: Annotated[str, "Its English name."], unit: Literal["C", "F"] = "C") -> dict[str, str]:
    """The weather in a city."""
    return {"city": city, "weather": "sunny", "temperature": f"20 {unit}"}


client = ringup.Client("gpt-4o-mini")

# The model asks for the function, ringup runs it, and the model answers with what it gave.
reply = client.ask("What is the weather in Oslo?", tools=[get_weather])
print(f"answer   {reply.text}")
print(f"         {reply.ended} after {len(reply.steps)} calls, {reply.usage.total_tokens} tokens\n")

# The same in a stream, as it happens.
for event in client.stream("What is the weather in Rome?", tools=[get_weather]).events():
    match event:
        case ToolStarted(call=call):
            print(f"runs     {call.name} {call.arguments}")
        case ToolEnded(result=result):
            print(f"gave     {result.text}")
        case TextDelta(text=text):
            print(text, end="")
print("\n")

# Each call may be seen first: allowed, denied, given other arguments, or left for later.
chat = client.chat(tools=[get_weather], approve=lambda _: ringup.PAUSE)
reply = chat.ask("What is the weather in Lima?")
print(f"paused   {reply.ended}: {[(call.name, call.arguments) for call in reply.tool_calls]}")
chat.save("waiting.json")

later = client.load_chat("waiting.json", tools=[get_weather], approve=lambda _: {"city": "Cusco"})
print(f"resumed  {later.resume().text}")
