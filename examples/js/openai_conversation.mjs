// Several turns with OpenAI's own SDK: the whole history is sent each time, for a model remembers nothing.
// Needs OPENAI_API_KEY. For the simulator, also OPENAI_BASE_URL=http://127.0.0.1:4010/v1
import OpenAI from "openai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new OpenAI();
const history = [{ role: "system", content: "You are a concise Python tutor." }];

async function ask(question) {
  history.push({ role: "user", content: question });
  const reply = await client.chat.completions.create({ model: "gpt-4o-mini", messages: history });
  history.push({ role: "assistant", content: reply.choices[0].message.content });
  console.log(`you:   ${question}`);
  console.log(`tutor: ${reply.choices[0].message.content}`);
  console.log(`       [${history.length} messages, ${reply.usage.prompt_tokens} tokens sent]`);
}

await ask("Hi! My name is Ada.");
await ask("What is a generator?");
await ask("What is my name?");

const alone = await client.chat.completions.create({
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "What is my name?" }],
});
console.log("without the history:", alone.choices[0].message.content);
