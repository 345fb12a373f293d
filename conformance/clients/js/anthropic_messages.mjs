// Anthropic's SDK for JavaScript on Messages.

import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

import { holds, listed, same, thrown } from "./kit.mjs";
import * as samples from "./samples.mjs";
import { CITIES, CITY, PDF, PNG, user } from "./samples.mjs";

export const MESSAGES = "messages";
export const MODEL = "claude-haiku-4-5";
export const TOOL = { name: "get_weather", description: samples.WEATHER, input_schema: CITY };
export const THINKING = { type: "enabled", budget_tokens: 1024 };
const Weather = z.object({ city: z.string(), temperature: z.number(), sky: z.string() });

const filled = (fields) => ({ model: MODEL, max_tokens: 300, messages: user(samples.CAPITAL), ...fields });
export const ask = (client, fields) => client.messages.create(filled(fields));
export const stream = (client, fields) => ask(client, { stream: true, ...fields });

/** Enters the checks. */
export function enter(checks, { sim, make }) {
  const client = make();
  const add = (feature, check) => checks.add(MESSAGES, feature, check);
  replies(add, sim, client);
  thinking(add, client);
  accounts(add, sim, client);
  inputs(add, client);
  streams(add, sim, client);
  tools(add, client);
  runner(add, sim, client);
  typed(add, client);
  refused(add, client, make);
}

function replies(add, sim, client) {
  add("whole reply", async () => {
    const answer = await ask(client);
    holds("Paris", answer.content[0].text.includes("Paris"), answer.content);
    same("model, reason", [answer.model, answer.stop_reason], ["claude-haiku-4-5-20251001", "end_turn"]);
    holds("an id", answer.id.startsWith("msg_01"), answer.id);
    holds("tokens", answer.usage.input_tokens > 5 && answer.usage.output_tokens > 1, answer.usage);
    same("the request's id", answer._request_id, (await sim.call()).answer.headers["request-id"]);
  });
  add("conversation", async () => {
    const messages = [];
    for (const question of samples.TALK) {
      messages.push(...user(question));
      const { content } = await ask(client, { messages, system: "You are a concise Python tutor." });
      messages.push({ role: "assistant", content });
    }
    holds("Ada", messages.at(-1).content[0].text.includes("Ada"), messages.at(-1));
  });
  add("stop sequences", async () => {
    const answer = await ask(client, { messages: user(samples.PLANETS), stop_sequences: ["4.", "6."] });
    same("the text", answer.content[0].text, samples.THREE_PLANETS);
    same("why it stopped", [answer.stop_reason, answer.stop_sequence], ["stop_sequence", "4."]);
  });
  add("length limit", async () => {
    const answer = await ask(client, { messages: user(samples.STORY), max_tokens: 7 });
    same("stop_reason, tokens", [answer.stop_reason, answer.usage.output_tokens], ["max_tokens", 7]);
  });
}

function thinking(add, client) {
  add("reasoning", async () => {
    const { content, usage } = await ask(client, { thinking: THINKING, max_tokens: 2000 });
    same("the blocks", content.map((block) => block.type), ["thinking", "text"]);
    holds("a thought, signed", content[0].thinking && content[0].signature, content[0]);
    const hidden = usage.output_tokens_details.thinking_tokens;
    holds("thinking tokens within the output", hidden > 0 && hidden < usage.output_tokens, usage);
  });
  add("reasoning returned", async () => {
    const given = { thinking: THINKING, max_tokens: 2000, tools: [TOOL] };
    const messages = user(samples.ONE_PLACE);
    const { content } = await ask(client, { ...given, messages });
    same("the blocks", content.map((block) => block.type), ["thinking", "tool_use"]);
    const result = { type: "tool_result", tool_use_id: content[1].id, content: samples.RESULT };
    messages.push({ role: "assistant", content }, { role: "user", content: [result] });
    const second = await ask(client, { ...given, messages });
    holds("the result in the answer", second.content.at(-1).text.includes("12"), second.content);
  });
}

function accounts(add, sim, client) {
  add("cache usage", async () => {
    const system = [{ type: "text", text: samples.LONG, cache_control: { type: "ephemeral", ttl: "1h" } }];
    const cold = (await ask(client, { system })).usage;
    const warm = (await ask(client, { system })).usage;
    const written = cold.cache_creation_input_tokens;
    holds("a long prefix written", written > 4096, cold);
    same("for how long, and read", [cold.cache_creation.ephemeral_1h_input_tokens, cold.cache_read_input_tokens], [written, 0]);
    same("then", [warm.cache_read_input_tokens, warm.cache_creation_input_tokens], [written, 0]);
  });
  add("raw headers", async () => {
    const { data, response, request_id } = await ask(client).withResponse();
    same("the request's id", request_id, (await sim.call()).answer.headers["request-id"]);
    const left = Number(response.headers.get("anthropic-ratelimit-requests-remaining"));
    const limit = Number(response.headers.get("anthropic-ratelimit-requests-limit"));
    holds("requests that are left", left > 0 && left <= limit, left);
    holds("Paris", data.content[0].text.includes("Paris"), data);
  });
}

function inputs(add, client) {
  const about = async (part) =>
    (await ask(client, { messages: user(part, { type: "text", text: "What is it?" }) })).content[0].text;
  add("image input", async () => {
    const picture = (media_type) => ({ type: "image", source: { type: "base64", media_type, data: PNG } });
    const text = await about(picture("image/png"));
    holds("the image's type", text.includes("image/png"), text);
    await thrown(Anthropic.BadRequestError, () => about(picture("image/tiff")));
  });
  add("document input", async () => {
    const source = { type: "base64", media_type: "application/pdf", data: PDF };
    const text = await about({ type: "document", title: "A", source });
    holds("the document's type", text.toLowerCase().includes("pdf"), text);
    const plain = { type: "text", media_type: "text/plain", data: "The sky is blue." };
    holds("an answer", await about({ type: "document", source: plain }));
  });
}

function streams(add, sim, client) {
  add("raw events", async () => {
    const events = await listed(await stream(client, { system: "Be steady." }));
    const kinds = events.map((event) => event.type);
    same("the first", kinds.slice(0, 2), ["message_start", "content_block_start"]);
    same("the last", kinds.slice(-3), ["content_block_stop", "message_delta", "message_stop"]);
    const deltas = events.filter((event) => event.type === "content_block_delta");
    holds("Paris, in pieces", deltas.map((event) => event.delta.text).join("").includes("Paris") && deltas.length > 2, deltas);
    same("why it stopped", events.at(-2).delta.stop_reason, "end_turn");
    const counted = await client.messages.countTokens({ model: MODEL, messages: user(samples.CAPITAL), system: "Be steady." });
    same("the input's tokens", events[0].message.usage.input_tokens, counted.input_tokens);
  });
  add("helper", async () => {
    const runner = client.messages.stream(filled({ thinking: THINKING, max_tokens: 2000 }));
    const heard = { text: "", thinking: "", signature: "" };
    runner.on("text", (delta) => (heard.text += delta));
    runner.on("thinking", (delta) => (heard.thinking += delta));
    runner.on("signature", (signature) => (heard.signature = signature));
    const final = await runner.finalMessage();
    const [thought, said] = final.content;
    same("what was heard", heard, { text: said.text, thinking: thought.thinking, signature: thought.signature });
    same("the text", await runner.finalText(), said.text);
    same("why it stopped", final.stop_reason, "end_turn");
    same("the request's id", runner.request_id, (await sim.call()).answer.headers["request-id"]);
  });
  add("tools streamed", async () => {
    const runner = client.messages.stream(filled({ messages: user(samples.TWO_PLACES), tools: [TOOL] }));
    let json = "";
    runner.on("inputJson", (delta) => (json += delta));
    const final = await runner.finalMessage();
    const calls = final.content.filter((block) => block.type === "tool_use");
    same("the calls", calls.map((call) => call.input), CITIES);
    same("the JSON in pieces", json, samples.CITIES_SENT.join(""));
    same("why it stopped", final.stop_reason, "tool_use");
  });
  add("typed stream", async () => {
    const output_config = { format: zodOutputFormat(Weather) };
    const runner = client.messages.stream(filled({ messages: user(samples.FILL_IN), output_config }));
    samples.isOslo((await runner.finalMessage()).parsed_output);
  });
  add("left early", async () => {
    await sim.fault({ token: 0.05 });
    for await (const event of await stream(client, { messages: user(samples.STORY) })) {
      same("the first event", event.type, "message_start");
      break;
    }
    same("the outcome", await sim.outcome(), "client left");
  });
}

function tools(add, client) {
  const result = (call, content) => ({ type: "tool_result", tool_use_id: call.id, content });
  add("tool loop", async () => {
    const messages = user(samples.ONE_PLACE);
    const first = await ask(client, { messages, tools: [TOOL] });
    const call = first.content.at(-1);
    same("the call", [first.stop_reason, call.name, call.input], ["tool_use", "get_weather", { city: "Oslo" }]);
    messages.push({ role: "assistant", content: first.content });
    const told = (content) => ({ messages: [...messages, { role: "user", content }], tools: [TOOL] });
    const second = await ask(client, told([result(call, samples.RESULT)]));
    holds("the result in the answer", second.content[0].text.includes("12"), second.content);
    const bad = told([result({ id: "toolu_other" }, samples.RESULT)]);
    await thrown(Anthropic.BadRequestError, () => ask(client, bad));
  });
  add("parallel tools", async () => {
    const messages = user(samples.TWO_PLACES);
    const { content } = await ask(client, { messages, tools: [TOOL] });
    const calls = content.filter((block) => block.type === "tool_use");
    same("the calls", calls.map((call) => call.input), CITIES);
    const results = calls.map((call, at) => result(call, `{"temperature": ${[12, 21][at]}}`));
    const whole = [...messages, { role: "assistant", content }, { role: "user", content: results }];
    const [{ text }] = (await ask(client, { messages: whole, tools: [TOOL] })).content;
    holds("both results", text.includes("12") && text.includes("21"), text);
    const tool_choice = { type: "auto", disable_parallel_tool_use: true };
    const one = await ask(client, { messages, tools: [TOOL], tool_choice });
    same("calls when only one may be", one.content.filter((block) => block.type === "tool_use").length, 1);
  });
  add("forced tool", async () => {
    for (const tool_choice of [{ type: "any" }, { type: "tool", name: "get_weather" }]) {
      same("the block", (await ask(client, { tools: [TOOL], tool_choice })).content.at(-1).type, "tool_use");
    }
    const none = await ask(client, { messages: user(samples.ONE_PLACE), tools: [TOOL], tool_choice: { type: "none" } });
    same("the blocks when none may be", none.content.map((block) => block.type), ["text"]);
  });
}

function runner(add, sim, client) {
  add("tool runner", async () => {
    const asked = [];
    const tool = betaTool({
      name: "get_weather",
      description: samples.WEATHER,
      inputSchema: CITY,
      run: ({ city }) => {
        asked.push(city);
        return `{"temperature": ${city === "Oslo" ? 12 : 21}}`;
      },
    });
    const final = await client.beta.messages.toolRunner(filled({ messages: user(samples.TWO_PLACES), tools: [tool] }));
    const { text } = final.content.at(-1);
    same("the cities asked for", asked.sort(), ["Oslo", "Paris"]);
    holds("both results", text.includes("12") && text.includes("21"), text);
    const calls = await sim.calls();
    same("the calls", calls.map((call) => call.answer.status), [400, 200, 200]);
    same("the first, refused", calls[0].answer.body.error.details.error_code, "thread_unsupported_request");
  });
}

function typed(add, client) {
  add("JSON schema", async () => {
    const output_config = { format: { type: "json_schema", schema: samples.WEATHER_SCHEMA } };
    const answer = await ask(client, { messages: user(samples.FILL_IN), output_config });
    samples.isOslo(JSON.parse(answer.content[0].text));
  });
  add("typed reply", async () => {
    const output_config = { format: zodOutputFormat(Weather) };
    const answer = await client.messages.parse(filled({ messages: user(samples.FILL_IN), output_config }));
    samples.isOslo(answer.parsed_output);
  });
}

function refused(add, client, make) {
  add("wrong parameter", async () => {
    const error = await thrown(Anthropic.BadRequestError, () => ask(client, { max_tokens: -1 }));
    same("type", error.type, "invalid_request_error");
    holds("the parameter's name", error.apiMessage.includes("max_tokens"), error.apiMessage);
  });
  add("unknown model", async () => {
    const error = await thrown(Anthropic.NotFoundError, () => ask(client, { model: "claude-0" }));
    same("type, message", [error.type, error.apiMessage], ["not_found_error", "model: claude-0"]);
  });
  add("wrong key", () => samples.wrongKeys(Anthropic, make, ask));
}
