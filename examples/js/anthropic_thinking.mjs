// Thinking with Anthropic's own SDK: the model thinks first, in words that you can read, and then answers.
// Needs ANTHROPIC_API_KEY. For the simulator, also ANTHROPIC_BASE_URL=http://127.0.0.1:4010
import Anthropic from "@anthropic-ai/sdk";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new Anthropic();

const asked = {
  model: "claude-haiku-4-5",
  max_tokens: 3000, // of the thinking and the answer together
  thinking: { type: "enabled", budget_tokens: 1024 },
};
const messages = [{ role: "user", content: "What is 17 times 23?" }];

// The thinking comes first, as events of its own.
const stream = client.messages.stream({ ...asked, messages });
let thoughts = "";
stream.on("thinking", (piece) => (thoughts += piece));
const reply = await stream.finalMessage();
const { output_tokens: tokens, output_tokens_details: details } = reply.usage;
console.log("thought:", thoughts);
console.log("answer:", reply.content.at(-1).text);
console.log(`tokens: ${tokens} out, of which ${details?.thinking_tokens} are thinking`);

// In a conversation the blocks go back as they came: each thought carries a signature, and a changed one is refused.
messages.push({ role: "assistant", content: reply.content }, { role: "user", content: "And what is 12 plus 30?" });
const next = await client.messages.create({ ...asked, messages });
console.log("blocks:", reply.content.map((block) => block.type).join(", "));
console.log("next answer:", next.content.at(-1).text);

try {
  await client.messages.create({ ...asked, thinking: { type: "enabled", budget_tokens: 100 }, messages });
} catch (error) {
  if (!(error instanceof Anthropic.BadRequestError)) throw error;
  console.log("too small a budget:", error.apiMessage);
}
