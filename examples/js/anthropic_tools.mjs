// Tools with Anthropic's own SDK: the model asks for a call, the program makes it and sends back what came of it.
// Needs ANTHROPIC_API_KEY. For the simulator, also ANTHROPIC_BASE_URL=http://127.0.0.1:4010
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new Anthropic();
const asked = { model: "claude-haiku-4-5", max_tokens: 500 };
const question = "What is the weather in Oslo and in Lisbon?";

const weather = { Oslo: { degrees: 4, sky: "cloudy" }, Lisbon: { degrees: 19, sky: "clear" } };
function getWeather({ city }) {
  if (!weather[city]) throw new Error(`no weather is known for ${city}`);
  return JSON.stringify(weather[city]);
}
const name = "get_weather";
const description = "The weather in a city now.";
const schema = {
  type: "object",
  properties: { city: { type: "string", description: "The city's name, such as Paris" } },
  required: ["city"],
  additionalProperties: false,
};

// What came of a call. If it fails, the model is told so, and can do something about it.
function resultOf(call) {
  const result = { type: "tool_result", tool_use_id: call.id };
  try {
    return { ...result, content: getWeather(call.input) };
  } catch (error) {
    return { ...result, content: error.message, is_error: true };
  }
}

// The loop by hand: until the model asks for no more calls, or has gone on for too long.
async function answer(question) {
  const messages = [{ role: "user", content: question }];
  const tools = [{ name, description, input_schema: schema }];
  for (let step = 1; step <= 5; step += 1) {
    const reply = await client.messages.create({ ...asked, messages, tools });
    if (reply.stop_reason !== "tool_use") return reply.content.at(-1).text;
    const results = [];
    for (const call of reply.content.filter((block) => block.type === "tool_use")) {
      results.push(resultOf(call));
      console.log(`  ${call.name} ${JSON.stringify(call.input)} -> ${results.at(-1).content}`);
    }
    messages.push({ role: "assistant", content: reply.content }, { role: "user", content: results });
  }
  return "(no answer after five steps)";
}

console.log("by hand:", question);
console.log("  answer:", await answer(question));
console.log("  answer:", await answer("What is the weather in Atlantis?"));

// The same by the SDK: `toolRunner` goes round the loop, makes the calls, and sends back what they throw.
function run(input) {
  console.log("  get_weather", JSON.stringify(input));
  return getWeather(input);
}
console.log("by toolRunner:", question);
const final = await client.beta.messages.toolRunner({
  ...asked,
  messages: [{ role: "user", content: question }],
  tools: [betaTool({ name, description, inputSchema: schema, run })],
});
console.log("  answer:", final.content.at(-1).text);
