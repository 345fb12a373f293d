// Several turns with Anthropic's own SDK: the whole history is sent each time, for a model remembers nothing.
// Needs ANTHROPIC_API_KEY. For the simulator, also ANTHROPIC_BASE_URL=http://127.0.0.1:4010
import Anthropic from "@anthropic-ai/sdk";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new Anthropic();
const asked = { model: "claude-haiku-4-5", max_tokens: 300 };
const history = [];

async function ask(question) {
  history.push({ role: "user", content: question });
  const reply = await client.messages.create({
    ...asked,
    system: "You are a concise Python tutor.", // beside the history here, not in it
    messages: history,
  });
  history.push({ role: "assistant", content: reply.content });
  console.log(`you:   ${question}`);
  console.log(`tutor: ${reply.content[0].text}`);
  console.log(`       [${history.length} messages, ${reply.usage.input_tokens} tokens sent]`);
}

await ask("Hi! My name is Ada.");
await ask("What is a generator?");
await ask("What is my name?");

const alone = await client.messages.create({ ...asked, messages: [{ role: "user", content: "What is my name?" }] });
console.log("without the history:", alone.content[0].text);
