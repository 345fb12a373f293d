// Tools with OpenAI's own SDK: the model asks for a call, the program makes it and sends back what came of it.
// Needs OPENAI_API_KEY. For the simulator, also OPENAI_BASE_URL=http://127.0.0.1:4010/v1
import OpenAI from "openai";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);
const client = new OpenAI();
const question = "What is the weather in Oslo and in Lisbon?";

const weather = { Oslo: { degrees: 4, sky: "cloudy" }, Lisbon: { degrees: 19, sky: "clear" } };
const getWeather = ({ city }) => weather[city] ?? { error: `no weather is known for ${city}` };
const described = {
  name: "get_weather",
  description: "The weather in a city now.",
  strict: true, // the arguments will follow the schema
  parameters: {
    type: "object",
    properties: { city: { type: "string", description: "The city's name, such as Paris" } },
    required: ["city"],
    additionalProperties: false,
  },
};

// The loop by hand: until the model asks for no more calls, or has gone on for too long.
async function answer(question) {
  const messages = [{ role: "user", content: question }];
  const tools = [{ type: "function", function: described }];
  for (let step = 1; step <= 5; step += 1) {
    const reply = await client.chat.completions.create({ model: "gpt-4o-mini", messages, tools });
    const { message } = reply.choices[0];
    if (!message.tool_calls) return message.content;
    messages.push(message);
    for (const call of message.tool_calls) {
      const result = JSON.stringify(getWeather(JSON.parse(call.function.arguments)));
      console.log(`  ${call.function.name} ${call.function.arguments} -> ${result}`);
      messages.push({ role: "tool", tool_call_id: call.id, content: result });
    }
  }
  return "(no answer after five steps)";
}

console.log("by hand:", question);
console.log("  answer:", await answer(question));
console.log("  answer:", await answer("What is the weather in Atlantis?"));

// The same by the SDK: `runTools` goes round the loop, and makes the calls.
const runner = client.chat.completions.runTools({
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: question }],
  tools: [{ type: "function", function: { ...described, function: getWeather, parse: JSON.parse } }],
});
console.log("by runTools:", question);
runner.on("functionToolCall", (call) => console.log(`  ${call.name} ${call.arguments}`));
console.log("  answer:", await runner.finalContent());
