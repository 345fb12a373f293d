"""A conversation of several turns. A model remembers nothing: each turn sends the whole history again.

Needs OPENAI_API_KEY. Without one, see README.md.
"""

import ringup

client = ringup.Client("gpt-4o-mini")
chat = client.chat(system="You are a concise Python tutor.", max_tokens=300)

for question in ("Hi! My name is Ada.", "What is a generator?", "What is my name?"):
    reply = chat.ask(question)
    print(f"you:   {question}")
    print(f"tutor: {reply.text}")
    # The history grows, so each turn sends (and costs) more than the one before.
    print(f"       [{len(chat.messages)} messages in the history, {reply.usage.input_tokens} tokens sent]\n")

# Without the history, the same question can't be answered: this call knows nothing of the chat.
alone = client.ask("What is my name?", max_tokens=100)
print(f"without the history: {alone.text}\n")

# A conversation can be kept, taken up again, and taken in two directions.
chat.save("tutor.json")  # a file in the folder that you are in
again = client.load_chat("tutor.json")
other = again.fork()
print(f"loaded: {len(again.messages)} messages; {again.ask('What is my name?').text}")
print(f"the fork still has {len(other.messages)} messages, the loaded one {len(again.messages)}")
