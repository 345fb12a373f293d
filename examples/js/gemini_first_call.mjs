// The first call with Google's own SDK, and a conversation.
// Needs GEMINI_API_KEY. For the simulator, also GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:4010
import { GoogleGenAI } from "@google/genai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
const model = "gemini-2.5-flash";

const reply = await client.models.generateContent({ model, contents: "What is the capital of France?" });
const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount } = reply.usageMetadata;
console.log("text:", reply.text);
console.log("finishReason:", reply.candidates[0].finishReason);
console.log(`tokens: ${promptTokenCount} in, ${thoughtsTokenCount} of thinking, ${candidatesTokenCount} out`);
console.log("model:", reply.modelVersion);

// The SDK keeps the history, and sends it again each time, for a model remembers nothing.
const chat = client.chats.create({ model, config: { systemInstruction: "You are a concise Python tutor." } });
for (const message of ["Hi! My name is Ada.", "What is my name?"]) {
  console.log(`you:   ${message}`);
  console.log(`tutor: ${(await chat.sendMessage({ message })).text}`);
}
console.log(`       [${chat.getHistory().length} messages]`);
