// OpenAI's SDK for JavaScript on Chat Completions.

import OpenAI from "openai";
import { LengthFinishReasonError } from "openai/error";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { holds, listed, same, thrown } from "./kit.mjs";
import * as samples from "./samples.mjs";
import { CITIES, CITIES_SENT, CITY, PDF, PNG, user } from "./samples.mjs";

export const CHAT = "chat completions";
export const MODEL = "gpt-4o-mini";
export const Weather = z.object({ city: z.string(), temperature: z.number(), sky: z.string() });
const TOOL = { type: "function", function: { name: "get_weather", description: samples.WEATHER, parameters: CITY } };

const filled = (fields) => ({ model: MODEL, messages: user(samples.CAPITAL), ...fields });
export const ask = (client, fields) => client.chat.completions.create(filled(fields));
export const stream = (client, fields) => ask(client, { stream: true, ...fields });

/** Enters the checks. */
export function enter(checks, { sim, make }) {
  const client = make();
  const add = (feature, check) => checks.add(CHAT, feature, check);
  replies(add, sim, client);
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
    const [choice] = answer.choices;
    holds("Paris", choice.message.content.includes("Paris"), choice);
    same("finish_reason", choice.finish_reason, "stop");
    same("model", answer.model, "gpt-4o-mini-2024-07-18");
    holds("an id", answer.id.startsWith("chatcmpl-"), answer.id);
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
    holds("tokens", prompt_tokens > 5 && completion_tokens > 1, answer.usage);
    same("the sum", total_tokens, prompt_tokens + completion_tokens);
    same("the request's id", answer._request_id, (await sim.call()).answer.headers["x-request-id"]);
  });
  add("conversation", async () => {
    const messages = [{ role: "system", content: "You are a concise Python tutor." }];
    for (const question of samples.TALK) {
      messages.push(...user(question));
      messages.push((await ask(client, { messages })).choices[0].message);
    }
    holds("Ada", messages.at(-1).content.includes("Ada"), messages.at(-1));
    const alone = await ask(client, { messages: user(samples.TALK.at(-1)) });
    holds("no Ada without the history", !alone.choices[0].message.content.includes("Ada"), alone);
  });
  add("stop sequences", async () => {
    const [choice] = (await ask(client, { messages: user(samples.PLANETS), stop: ["4."] })).choices;
    same("the text", [choice.message.content, choice.finish_reason], [samples.THREE_PLANETS, "stop"]);
  });
  add("length limit", async () => {
    const answer = await ask(client, { messages: user(samples.STORY), max_completion_tokens: 7 });
    same("reason, tokens", [answer.choices[0].finish_reason, answer.usage.completion_tokens], ["length", 7]);
  });
  add("several choices", async () => {
    const { choices } = await ask(client, { messages: user("Write a short poem."), n: 3, temperature: 1.3 });
    same("indexes", choices.map((choice) => choice.index), [0, 1, 2]);
    same("different texts", new Set(choices.map((choice) => choice.message.content)).size, 3);
  });
  add("logprobs", async () => {
    const [choice] = (await ask(client, { logprobs: true, top_logprobs: 2 })).choices;
    const tokens = choice.logprobs.content;
    same("the tokens together", tokens.map((token) => token.token).join(""), choice.message.content);
    holds("two alternatives each", tokens.every((token) => token.top_logprobs.length === 2), tokens[0]);
    holds("logarithms", tokens.every((token) => token.logprob <= 0), tokens[0]);
  });
}

function accounts(add, sim, client) {
  add("reasoning", async () => {
    const { usage } = await ask(client, { model: "gpt-5-mini", reasoning_effort: "high" });
    const hidden = usage.completion_tokens_details.reasoning_tokens;
    holds("reasoning tokens within the output", hidden > 0 && hidden < usage.completion_tokens, usage);
  });
  add("cache usage", async () => {
    const messages = [{ role: "system", content: samples.LONG }, ...user(samples.CAPITAL)];
    const cold = await ask(client, { messages, prompt_cache_key: "node" });
    const warm = await ask(client, { messages, prompt_cache_key: "node" });
    same("cached at first", cold.usage.prompt_tokens_details.cached_tokens, 0);
    const hit = warm.usage.prompt_tokens_details.cached_tokens;
    holds("1,024 or more cached, in steps of 128", hit >= 1024 && hit % 128 === 0, hit);
  });
  add("raw headers", async () => {
    const { data, response, request_id } = await ask(client).withResponse();
    const { headers } = (await sim.call()).answer;
    same("x-request-id", [request_id, response.headers.get("x-request-id")], Array(2).fill(headers["x-request-id"]));
    const left = Number(response.headers.get("x-ratelimit-remaining-requests"));
    const limit = Number(response.headers.get("x-ratelimit-limit-requests"));
    holds("requests that are left", left > 0 && left <= limit, left);
    holds("Paris", data.choices[0].message.content.includes("Paris"), data);
    const plain = await ask(client).asResponse();
    same("the body, not yet read", (await plain.json()).object, "chat.completion");
  });
  add("stored state", async () => {
    const { completions } = client.chat;
    const topic = `capitals-${Date.now()}`;
    const answer = await ask(client, { store: true, metadata: { topic } });
    const found = await completions.retrieve(answer.id);
    same("the text", found.choices[0].message.content, answer.choices[0].message.content);
    const asked = await listed(completions.messages.list(answer.id));
    same("the messages", asked.map((message) => message.content), [samples.CAPITAL]);
    await completions.update(answer.id, { metadata: { topic: `${topic}-new` } });
    const listing = await listed(completions.list({ metadata: { topic: `${topic}-new` } }));
    same("the list", listing.map((one) => one.id), [answer.id]);
    holds("it is deleted", (await completions.delete(answer.id)).deleted);
    await thrown(OpenAI.NotFoundError, () => completions.retrieve(answer.id));
  });
}

function inputs(add, client) {
  const about = async (part) => {
    const messages = user({ type: "text", text: "What is it?" }, part);
    return (await ask(client, { messages })).choices[0].message.content;
  };
  add("image input", async () => {
    const url = `data:image/png;base64,${PNG}`;
    const text = await about({ type: "image_url", image_url: { url, detail: "low" } });
    holds("the image's type", text.includes("image/png"), text);
  });
  add("document input", async () => {
    const file = { filename: "a.pdf", file_data: `data:application/pdf;base64,${PDF}` };
    const text = await about({ type: "file", file });
    holds("the document's name or type", text.toLowerCase().includes("pdf"), text);
  });
}

function streams(add, sim, client) {
  add("raw events", async () => {
    const chunks = await listed(await stream(client, { temperature: 0, stream_options: { include_usage: true } }));
    same("one id", new Set(chunks.map((chunk) => chunk.id)).size, 1);
    same("the role", chunks[0].choices[0].delta.role, "assistant");
    const choices = chunks.flatMap((chunk) => chunk.choices);
    const text = choices.map((choice) => choice.delta.content ?? "").join("");
    same("the reasons", choices.map((choice) => choice.finish_reason).filter(Boolean), ["stop"]);
    same("the last chunk's choices", chunks.at(-1).choices, []);
    const whole = await ask(client, { temperature: 0 });
    same("text and usage", [text, chunks.at(-1).usage], [whole.choices[0].message.content, whole.usage]);
    holds("pieces", chunks.length > 4, chunks.length);
  });
  add("helper", async () => {
    const runner = client.chat.completions.stream(filled({ stream_options: { include_usage: true } }));
    let said = "";
    runner.on("content", (delta) => (said += delta));
    const final = await runner.finalChatCompletion();
    same("the text", [said, await runner.finalContent()], Array(2).fill(final.choices[0].message.content));
    holds("Paris", said.includes("Paris"), said);
    same("finish_reason", final.choices[0].finish_reason, "stop");
    holds("usage", (await runner.totalUsage()).completion_tokens > 1, final);
  });
  add("tools streamed", async () => {
    const tool = zodFunction({ name: "get_weather", description: samples.WEATHER, parameters: z.object({ city: z.string() }) });
    const runner = client.chat.completions.stream(filled({ messages: user(samples.TWO_PLACES), tools: [tool] }));
    const done = [];
    runner.on("tool_calls.function.arguments.done", (call) => done.push(call.parsed_arguments));
    const [choice] = (await runner.finalChatCompletion()).choices;
    same("the arguments", done, CITIES);
    same("the calls", choice.message.tool_calls.map((call) => call.function.parsed_arguments), CITIES);
    same("finish_reason", choice.finish_reason, "tool_calls");
  });
  add("typed stream", async () => {
    const response_format = zodResponseFormat(Weather, "weather");
    const runner = client.chat.completions.stream(filled({ messages: user(samples.FILL_IN), response_format }));
    samples.isOslo((await runner.finalChatCompletion()).choices[0].message.parsed);
  });
  add("left early", async () => {
    await sim.fault({ token: 0.05 });
    for await (const chunk of await stream(client, { messages: user(samples.STORY) })) {
      holds("a chunk", chunk.choices, chunk);
      break;
    }
    same("the outcome", await sim.outcome(), "client left");
  });
}

function tools(add, client) {
  add("tool loop", async () => {
    const messages = user(samples.ONE_PLACE);
    const [first] = (await ask(client, { messages, tools: [TOOL] })).choices;
    const [call] = first.message.tool_calls;
    same("the call", [call.function.name, call.function.arguments], ["get_weather", '{"city":"Oslo"}']);
    same("finish_reason", first.finish_reason, "tool_calls");
    const result = { role: "tool", tool_call_id: call.id, content: samples.RESULT };
    const second = await ask(client, { messages: [...messages, first.message, result], tools: [TOOL] });
    holds("the result in the answer", second.choices[0].message.content.includes("12"), second);
    const bad = [...messages, first.message, { ...result, tool_call_id: "call_other" }];
    await thrown(OpenAI.BadRequestError, () => ask(client, { messages: bad, tools: [TOOL] }));
  });
  add("parallel tools", async () => {
    const messages = user(samples.TWO_PLACES);
    const { message } = (await ask(client, { messages, tools: [TOOL] })).choices[0];
    same("the calls", message.tool_calls.map((call) => call.function.arguments), CITIES_SENT);
    const results = message.tool_calls.map((call, at) => ({
      role: "tool",
      tool_call_id: call.id,
      content: `{"temperature": ${[12, 21][at]}}`,
    }));
    const text = (await ask(client, { messages: [...messages, message, ...results] })).choices[0].message.content;
    holds("both results", text.includes("12") && text.includes("21"), text);
    const one = await ask(client, { messages, tools: [TOOL], parallel_tool_calls: false });
    same("calls when only one may be", one.choices[0].message.tool_calls.length, 1);
  });
  add("forced tool", async () => {
    for (const tool_choice of ["required", { type: "function", function: { name: "get_weather" } }]) {
      const [choice] = (await ask(client, { tools: [TOOL], tool_choice })).choices;
      same("the call", choice.message.tool_calls.map((call) => call.function.name), ["get_weather"]);
    }
    const none = await ask(client, { messages: user(samples.ONE_PLACE), tools: [TOOL], tool_choice: "none" });
    same("calls when none may be", none.choices[0].message.tool_calls ?? null, null);
  });
}

function runner(add, sim, client) {
  add("tool runner", async () => {
    for (const streamed of [false, true]) {
      await sim.reset();
      const asked = [];
      const get_weather = ({ city }) => {
        asked.push(city);
        return { temperature: city === "Oslo" ? 12 : 21 };
      };
      const described = { name: "get_weather", description: samples.WEATHER, parameters: CITY };
      const tool = { type: "function", function: { ...described, function: get_weather, parse: JSON.parse } };
      const fields = filled({ messages: user(samples.TWO_PLACES), tools: [tool], stream: streamed });
      const text = await client.chat.completions.runTools(fields).finalContent();
      same("the cities asked for", asked.sort(), ["Oslo", "Paris"]);
      holds("both results", text.includes("12") && text.includes("21"), text);
      same("the number of calls", (await sim.calls()).length, 2);
    }
  });
}

function typed(add, client) {
  const fields = { messages: user(samples.FILL_IN) };
  add("JSON schema", async () => {
    const json_schema = { name: "weather", strict: true, schema: samples.WEATHER_SCHEMA };
    const answer = await ask(client, { ...fields, response_format: { type: "json_schema", json_schema } });
    samples.isOslo(JSON.parse(answer.choices[0].message.content));
  });
  add("typed reply", async () => {
    const wanted = filled({ ...fields, response_format: zodResponseFormat(Weather, "weather") });
    samples.isOslo((await client.chat.completions.parse(wanted)).choices[0].message.parsed);
    await thrown(LengthFinishReasonError, () => client.chat.completions.parse({ ...wanted, max_tokens: 2 }));
  });
}

function refused(add, client, make) {
  add("wrong parameter", async () => {
    const error = await thrown(OpenAI.BadRequestError, () => ask(client, { temperature: 3 }));
    const facts = [error.type, error.param, error.code];
    same("type, param, code", facts, ["invalid_request_error", "temperature", "decimal_above_max_value"]);
    const other = await thrown(OpenAI.BadRequestError, () => ask(client, { model: "o3", max_tokens: 5 }));
    same("param, code", [other.param, other.code], ["max_tokens", "unsupported_parameter"]);
  });
  add("unknown model", async () => {
    const error = await thrown(OpenAI.NotFoundError, () => ask(client, { model: "gpt-0" }));
    same("code", error.code, "model_not_found");
  });
  add("wrong key", () => samples.wrongKeys(OpenAI, make, ask));
}
