"""Async: many calls under way at once, and never more than a few at the same moment.

Needs OPENAI_API_KEY. Without one, see README.md.
"""

import asyncio
import time

import ringup

COUNTRIES = ["France", "Japan", "Kenya", "Brazil", "Canada", "Norway", "India", "Egypt", "Chile", "Italy"]


async def main() -> None:
    at_once = asyncio.Semaphore(5)  # providers limit how many requests a minute they take

    async with ringup.AsyncClient("gpt-4o-mini", max_tokens=60, temperature=0) as client:

        async def capital(country: str) -> ringup.Reply:
            async with at_once:
                return await client.ask(f"What is the capital of {country}?")

        begun = time.perf_counter()
        replies = await asyncio.gather(*[capital(country) for country in COUNTRIES])
        elapsed = time.perf_counter() - begun

        for country, reply in zip(COUNTRIES, replies, strict=True):
            print(f"{country}: {reply.text}")
        print(f"{len(replies)} calls took {elapsed:.2f} s together,", end=" ")
        print(f"and {sum(reply.latency or 0 for reply in replies):.2f} s one by one")

        stream = client.stream("What is the capital of Peru?")  # a stream isn't awaited, it is iterated
        async for piece in stream:
            print(piece, end="", flush=True)
        print(f"\n[{stream.reply.finish_reason}]")


asyncio.run(main())
