// A streamed answer with Anthropic's own SDK: the words as they come, the whole of it afterwards, and leaving early.
// Needs ANTHROPIC_API_KEY. For the simulator, also ANTHROPIC_BASE_URL=http://127.0.0.1:4010
import Anthropic from "@anthropic-ai/sdk";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new Anthropic();
const asked = (content) => ({ model: "claude-haiku-4-5", max_tokens: 1000, messages: [{ role: "user", content }] });

// `stream` hands out the pieces, and puts them together for you.
const stream = client.messages.stream(asked("Write three sentences about rivers."));
let pieces = 0;
stream.on("text", (piece) => {
  process.stdout.write(piece);
  pieces += 1;
});
const whole = await stream.finalMessage();
console.log(`\n[${pieces} pieces, ${whole.usage.output_tokens} tokens out]`);
console.log("stop_reason:", whole.stop_reason); // "max_tokens" would mean that the answer was cut off

// Underneath are events, each with a type. Leaving the loop closes the connection, and the model stops writing.
let begun = "";
const story = await client.messages.create({ ...asked("Write a long story about a lighthouse."), stream: true });
for await (const event of story) {
  if (event.type === "content_block_delta") begun += event.delta.text;
  if (begun.length > 60) break;
}
console.log(`left early: ${begun} ...`);
