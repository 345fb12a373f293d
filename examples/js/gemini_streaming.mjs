// A streamed answer with Google's own SDK: the words as they come, and leaving early.
// Needs GEMINI_API_KEY. For the simulator, also GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:4010
import { GoogleGenAI } from "@google/genai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
const model = "gemini-2.5-flash";

let pieces = 0;
let last;
const stream = await client.models.generateContentStream({ model, contents: "Write three sentences about rivers." });
for await (const chunk of stream) {
  process.stdout.write(chunk.text ?? "");
  pieces += 1;
  last = chunk; // its counts of tokens are those of the whole answer
}
console.log(`\n[${pieces} pieces, ${last.usageMetadata.candidatesTokenCount} tokens out]`);
console.log("finishReason:", last.candidates[0].finishReason); // "MAX_TOKENS" would mean that the answer was cut off

// Leaving the loop isn't enough here: the controller closes the connection, and the model stops writing.
const controller = new AbortController();
const story = await client.models.generateContentStream({
  model,
  contents: "Write a long story about a lighthouse.",
  config: { abortSignal: controller.signal },
});
let begun = "";
for await (const chunk of story) {
  begun += chunk.text ?? "";
  if (begun.length > 60) break;
}
controller.abort();
console.log(`left early: ${begun} ...`);
