// The first call with OpenAI's own SDK, whole and streamed.
// Needs OPENAI_API_KEY. For the simulator, also OPENAI_BASE_URL=http://127.0.0.1:4010/v1
import OpenAI from "openai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new OpenAI();
const messages = [{ role: "user", content: "What is the capital of France?" }];

const reply = await client.chat.completions.create({ model: "gpt-4o-mini", messages, max_completion_tokens: 256 });
console.log("text:", reply.choices[0].message.content);
console.log("finish_reason:", reply.choices[0].finish_reason);
console.log("tokens:", reply.usage.prompt_tokens, "in,", reply.usage.completion_tokens, "out");
console.log("model:", reply.model);
console.log("request id:", reply._request_id);

const stream = await client.chat.completions.create({
  model: "gpt-4o-mini",
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
let pieces = 0;
process.stdout.write("streamed: ");
for await (const chunk of stream) {
  const piece = chunk.choices[0]?.delta.content;
  if (piece) {
    process.stdout.write(piece);
    pieces += 1;
  }
  if (chunk.usage) console.log(`\n${pieces} pieces, ${chunk.usage.completion_tokens} tokens out`);
}
