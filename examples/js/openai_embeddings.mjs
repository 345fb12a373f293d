// Embeddings with OpenAI's own SDK: texts become vectors, and vectors that lie near each other mean something alike.
// Needs OPENAI_API_KEY. For the simulator, also OPENAI_BASE_URL=http://127.0.0.1:4010/v1
import OpenAI from "openai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new OpenAI();

const question = "How do I change my password?";
const texts = [
  "Our office is closed on Sundays.",
  "To change your password, open Settings.",
  "The soup of the day is tomato.",
  "I forgot my password.",
];

// One request for all of them; the vectors come in the order of the texts.
const reply = await client.embeddings.create({ model: "text-embedding-3-small", input: [question, ...texts] });
const [asked, ...vectors] = reply.data.map((item) => item.embedding);
console.log(`${reply.data.length} vectors of ${asked.length} numbers, ${reply.usage.total_tokens} tokens`);

// The vectors have length 1, so this sum is the cosine of the angle between two of them: 1 for the same direction.
const similarity = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0);

const found = texts.map((text, at) => ({ text, near: similarity(asked, vectors[at]) }));
found.sort((one, other) => other.near - one.near);
console.log(question);
for (const { text, near } of found) console.log(`  ${near.toFixed(3)}  ${text}`);

// Fewer numbers take less room, and are nearly as good.
const small = await client.embeddings.create({ model: "text-embedding-3-small", input: question, dimensions: 256 });
console.log(`shortened: ${small.data[0].embedding.length} numbers`);

// A text that is too long isn't cut off, but refused.
try {
  await client.embeddings.create({ model: "text-embedding-3-small", input: "word ".repeat(9000) });
} catch (error) {
  if (!(error instanceof OpenAI.BadRequestError)) throw error;
  console.log("too long:", error.message);
}
