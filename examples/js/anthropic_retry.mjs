// What Anthropic's own SDK does when a call fails: it waits and tries again, twice by default.
// Needs the simulator, which is told to fail: ANTHROPIC_BASE_URL=http://127.0.0.1:4010 and any ANTHROPIC_API_KEY.
import Anthropic from "@anthropic-ai/sdk";

import { explain } from "./explain.mjs";

process.on("uncaughtException", explain);

const faults = `${new URL(process.env.ANTHROPIC_BASE_URL).origin}/_ringup/faults`;
async function script(list) {
  await fetch(faults, { method: "DELETE" }); // none that was left over
  await fetch(faults, { method: "POST", body: JSON.stringify(list) });
}

// Each try on the wire is shown: `fetch` is where the SDK hands its requests over.
const begun = performance.now();
async function shown(url, options) {
  const response = await fetch(url, options);
  const tries = new Headers(options.headers).get("x-stainless-retry-count");
  console.log(`  after ${((performance.now() - begun) / 1000).toFixed(2)} s: retry ${tries} -> ${response.status}`);
  return response;
}

const client = new Anthropic({ fetch: shown });
const ask = () =>
  client.messages.create({
    model: "claude-haiku-4-5",
    max_tokens: 256,
    messages: [{ role: "user", content: "What is the capital of France?" }],
  });

console.log("Two failures, then an answer:");
await script([{ status: 503 }, { status: 429, headers: { "retry-after-ms": "200" } }]);
console.log("  answer:", (await ask()).content[0].text);

console.log("A wrong request is not tried again:");
await script([{ status: 400 }]);
try {
  await ask();
} catch (error) {
  console.log(`  ${error.constructor.name}, status ${error.status}`);
}
