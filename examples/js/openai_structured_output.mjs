// An answer that has a given shape, with OpenAI's own SDK and zod, which says the shape and checks it.
// Needs OPENAI_API_KEY. For the simulator, also OPENAI_BASE_URL=http://127.0.0.1:4010/v1
import OpenAI from "openai";
import { LengthFinishReasonError } from "openai/error";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new OpenAI();

const Meeting = z.object({
  date: z.iso.date(),
  people: z.array(z.string()),
  city: z.string(),
});
const asked = {
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "On 4 May 2027, Ada and Grace meet in Oslo for lunch." }],
  response_format: zodResponseFormat(Meeting, "meeting"),
};

const { message } = (await client.chat.completions.parse(asked)).choices[0];
if (message.refusal) {
  console.log("refused:", message.refusal); // the model would rather not; then there is nothing to read
} else {
  console.log("as it came:", message.content);
  console.log(`read: ${message.parsed.people.join(" and ")}, in ${message.parsed.city}, on ${message.parsed.date}`);
}

// JSON that was cut off is no JSON: the SDK throws.
try {
  await client.chat.completions.parse({ ...asked, max_completion_tokens: 5 });
} catch (error) {
  if (!(error instanceof LengthFinishReasonError)) throw error;
  console.log("with 5 tokens: cut off, so there is nothing to read");
}
