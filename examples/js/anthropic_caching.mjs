// Prompt caching with Anthropic's own SDK: the beginning that many prompts share is read once, and then remembered.
// Needs ANTHROPIC_API_KEY. For the simulator, also ANTHROPIC_BASE_URL=http://127.0.0.1:4010
import Anthropic from "@anthropic-ai/sdk";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new Anthropic();

// All up to the mark is cached: for five minutes after its last use, and only if it is long (4,096 tokens here).
const rules = Array.from({ length: 400 }, (_, at) => `Rule ${at + 1}: be careful with trains of line ${at + 1}.`);
const handbook = (text) => [{ type: "text", text, cache_control: { type: "ephemeral" } }];

async function ask(question, system) {
  const { usage } = await client.messages.create({
    model: "claude-haiku-4-5",
    max_tokens: 200,
    system,
    messages: [{ role: "user", content: question }],
  });
  const { input_tokens: fresh, cache_creation_input_tokens: written, cache_read_input_tokens: read } = usage;
  console.log(`${question}\n  ${written} tokens written, ${read} read, ${fresh} neither`);
  return { fresh, written, read };
}

const text = rules.join("\n");
await ask("What is rule 7?", handbook(text)); // writing costs a quarter more than sending
const { fresh, read } = await ask("What is rule 9?", handbook(text)); // reading costs a tenth
const share = (fresh + read / 10) / (fresh + read);
console.log(`  this prompt costs ${Math.round(100 * share)}% of what it would without`);

// One other word at the beginning, and nothing of it is found: put what changes behind what stays.
await ask("What is rule 11?", handbook(`Today is Monday.\n${text}`));
