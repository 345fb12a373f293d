"""A server on this machine that speaks OpenAI's, Anthropic's and Google's wires as they do, with a program behind it.

What it says:       brain (conversation, style, length, prose, facts, words, glossary, shapes, tooluse, skills)
What that becomes:  maker (tokens, ids, cache, prefixes)
Texts as vectors:   embed, vectors
What it refuses:    strict (refusals), and what goes wrong on request: faults, buckets
At which addresses: routes, openai_site, anthropic_site, gemini_site (complete, catalog), and conformance, a lenient
                    way in
What it remembers:  world (shelf): stored and compaction (openai_responses), completions (openai_completions), filestore
                    (files), jobs (batchwork, openai_batches, message_batches)
How it is served:   engine (headers, faults), delivery, app (calls, page), server

Import `ringup.testing` to use it in a program, or `ringup.simulator.server` to serve it.
"""
