// The first call with Anthropic's own SDK, whole and streamed.
// Needs ANTHROPIC_API_KEY. For the simulator, also ANTHROPIC_BASE_URL=http://127.0.0.1:4010
import Anthropic from "@anthropic-ai/sdk";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new Anthropic();
const messages = [{ role: "user", content: "What is the capital of France?" }];

const reply = await client.messages.create({ model: "claude-haiku-4-5", max_tokens: 256, messages });
console.log("text:", reply.content[0].text);
console.log("stop_reason:", reply.stop_reason);
console.log("tokens:", reply.usage.input_tokens, "in,", reply.usage.output_tokens, "out");
console.log("model:", reply.model);
console.log("request id:", reply._request_id);

const stream = client.messages.stream({ model: "claude-haiku-4-5", max_tokens: 256, messages });
let pieces = 0;
process.stdout.write("streamed: ");
stream.on("text", (piece) => {
  process.stdout.write(piece);
  pieces += 1;
});
const whole = await stream.finalMessage();
console.log(`\n${pieces} pieces, ${whole.usage.output_tokens} tokens out`);
