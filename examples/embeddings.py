"""Embeddings: texts as vectors, a small search by meaning, and a long list with its progress.

Needs OPENAI_API_KEY. Without one, see README.md.
"""

import ringup

MODEL = "text-embedding-3-small"
HELP = [
    "How do I reset my password?",
    "Where is my parcel now?",
    "Which cards can I pay with?",
    "How do I send something back?",
    "When are you open on Sundays?",
]

client = ringup.Client(MODEL, timeout=60)

print("== a few texts")
vectors = client.embed(["a cat sat on the mat", "the cat sat on a mat", "interest rates rose again"])
print(f"{len(vectors)} vectors of {vectors.dimensions} numbers")
print(f"{vectors.usage.input_tokens} tokens, {vectors.cost:f} dollars")
print(f"alike:  {ringup.similarity(vectors[0], vectors[1]):.2f}")
print(f"unlike: {ringup.similarity(vectors[0], vectors[2]):.2f}")

print("\n== a search")
shelf = client.embed(HELP, dimensions=256)
for question in ("I forgot my password", "where is the parcel that I bought?"):
    query = client.embed(question, dimensions=256)
    best = shelf.nearest(query[0], k=1)[0]
    print(f"{question} -> {HELP[best.index]} ({best.similarity:.2f})")

print("\n== many texts")
texts = [f"entry number {number} of the catalogue" for number in range(3000)]
many = client.embed(texts, dimensions=64, batch=1000, on_progress=lambda done, total: print(f"{done} of {total}"))
print(f"{len(many)} vectors in {len(many.attempts)} requests, {len(many.data):,} bytes, {many.latency:.2f} s")

print("\n== too long")
try:
    client.embed(["a short text", "a very long text " * 5000])
except ringup.ParameterError as error:
    print(error)
