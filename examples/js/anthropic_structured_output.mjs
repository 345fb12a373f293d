// An answer that has a given shape, with Anthropic's own SDK and zod, which says the shape and checks it.
// Needs ANTHROPIC_API_KEY. For the simulator, also ANTHROPIC_BASE_URL=http://127.0.0.1:4010
import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new Anthropic();

const Meeting = z.object({
  date: z.iso.date(),
  people: z.array(z.string()),
  city: z.string(),
});
const asked = {
  model: "claude-haiku-4-5",
  max_tokens: 500,
  messages: [{ role: "user", content: "On 4 May 2027, Ada and Grace meet in Oslo for lunch." }],
  output_config: { format: zodOutputFormat(Meeting) },
};

const reply = await client.messages.parse(asked);
const meeting = reply.parsed_output;
console.log("as it came:", reply.content[0].text);
console.log(`read: ${meeting.people.join(" and ")}, in ${meeting.city}, on ${meeting.date}`);

// JSON that was cut off is no JSON, and `parse` throws. `create` doesn't read it, so that you can look first.
const cut = await client.messages.create({ ...asked, max_tokens: 5 });
console.log(`with 5 tokens: ${cut.stop_reason}, so there is nothing to read`); // "refusal" is another such reason
