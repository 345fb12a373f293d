// A streamed answer with OpenAI's own SDK: the words as they come, the whole of it afterwards, and leaving early.
// Needs OPENAI_API_KEY. For the simulator, also OPENAI_BASE_URL=http://127.0.0.1:4010/v1
import OpenAI from "openai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new OpenAI();
const asked = (content) => ({ model: "gpt-4o-mini", messages: [{ role: "user", content }] });

// `stream` hands out the pieces, and puts them together for you.
const stream = client.chat.completions.stream({
  ...asked("Write three sentences about rivers."),
  stream_options: { include_usage: true }, // tokens are told only if you ask for them
});
let pieces = 0;
stream.on("content", (piece) => {
  process.stdout.write(piece);
  pieces += 1;
});
const whole = await stream.finalChatCompletion();
console.log(`\n[${pieces} pieces, ${whole.usage.completion_tokens} tokens out]`);
console.log("finish_reason:", whole.choices[0].finish_reason); // "length" would mean that the answer was cut off

// Leaving the loop closes the connection, and the model stops writing.
let begun = "";
const long = asked("Write a long story about a lighthouse.");
const story = await client.chat.completions.create({ ...long, stream: true });
for await (const chunk of story) {
  begun += chunk.choices[0]?.delta.content ?? "";
  if (begun.length > 60) break;
}
console.log(`left early: ${begun} ...`);
