// OpenAI's Responses API with OpenAI's own SDK: streamed, and going on from an answer that OpenAI has kept.
// Needs OPENAI_API_KEY. For the simulator, also OPENAI_BASE_URL=http://127.0.0.1:4010/v1
import OpenAI from "openai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new OpenAI();
const model = "gpt-4o-mini";

// The stream is made of events, each with a type. The last one holds the whole response.
async function streamed(input, previous) {
  const asked = { model, input, instructions: "You are a concise Python tutor.", previous_response_id: previous };
  let last;
  process.stdout.write(`you:   ${input}\ntutor: `);
  for await (const event of await client.responses.create({ ...asked, stream: true })) {
    if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
    const trouble = event.type === "error" ? event : event.response?.error;
    if (trouble) throw new OpenAI.APIError(undefined, trouble); // the SDK hands it out like any other event
    last = event;
  }
  const { id, status, usage } = last.response;
  console.log(`\n       [${status}, ${usage.input_tokens} tokens in]`); // "incomplete" would mean that it was cut off
  return id;
}

// Only the new question is sent. What was said before is found by its id, and is paid for as if it were sent again.
const first = await streamed("Hi! My name is Ada.");
await streamed("What is my name?", first);

const alone = await client.responses.create({ model, input: "What is my name?", store: false }); // and this isn't kept
console.log("without the id:", alone.output_text);

// What is kept can be looked at, and deleted.
console.log("kept:", (await client.responses.retrieve(first)).output_text);
await client.responses.delete(first);
try {
  await client.responses.create({ model, input: "What is my name?", previous_response_id: first });
} catch (error) {
  if (!(error instanceof OpenAI.BadRequestError)) throw error;
  console.log("deleted:", error.message);
}
