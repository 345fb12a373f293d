// OpenAI's SDK for JavaScript on Responses.

import OpenAI from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

import { holds, listed, same, thrown } from "./kit.mjs";
import { MODEL, Weather } from "./openai_chat.mjs";
import * as samples from "./samples.mjs";
import { CITIES, CITIES_SENT, CITY, PDF, PNG, user } from "./samples.mjs";

export const RESPONSES = "responses";
const TOOL = { type: "function", name: "get_weather", description: samples.WEATHER, parameters: CITY, strict: true };

const filled = (fields) => ({ model: MODEL, input: samples.CAPITAL, ...fields });
export const ask = (client, fields) => client.responses.create(filled(fields));
export const stream = (client, fields) => ask(client, { stream: true, ...fields });

/** Enters the checks. */
export function enter(checks, { sim, make }) {
  const client = make();
  const add = (feature, check) => checks.add(RESPONSES, feature, check);
  replies(add, sim, client);
  state(add, sim, client);
  accounts(add, sim, client);
  streams(add, sim, client);
  tools(add, client);
  typed(add, client);
  refused(add, client, make);
  checks.lacks(RESPONSES, ["tool runner"], "only the SDK for Node.js has one, for chat completions");
}

function replies(add, sim, client) {
  add("whole reply", async () => {
    const answer = await ask(client);
    holds("Paris", answer.output_text.includes("Paris"), answer.output_text);
    same("status, error", [answer.status, answer.error], ["completed", null]);
    same("model", answer.model, "gpt-4o-mini-2024-07-18");
    holds("an id", answer.id.startsWith("resp_"), answer.id);
    const { input_tokens, output_tokens, total_tokens } = answer.usage;
    holds("tokens", input_tokens > 5 && output_tokens > 1, answer.usage);
    same("the sum", total_tokens, input_tokens + output_tokens);
    same("the request's id", answer._request_id, (await sim.call()).answer.headers["x-request-id"]);
  });
  add("conversation", async () => {
    const input = [];
    let answer;
    for (const question of samples.TALK) {
      input.push(...user(question));
      answer = await ask(client, { input, instructions: "You are a concise Python tutor." });
      input.push(...answer.output);
    }
    holds("Ada", answer.output_text.includes("Ada"), answer.output_text);
  });
  add("length limit", async () => {
    const answer = await ask(client, { input: samples.STORY, max_output_tokens: 16 });
    const facts = [answer.status, answer.incomplete_details?.reason, answer.usage.output_tokens];
    same("status, reason, tokens", facts, ["incomplete", "max_output_tokens", 16]);
  });
  add("logprobs", async () => {
    const answer = await ask(client, { include: ["message.output_text.logprobs"], top_logprobs: 2 });
    const tokens = answer.output[0].content[0].logprobs;
    same("the tokens together", tokens.map((token) => token.token).join(""), answer.output_text);
    holds("two alternatives each", tokens.every((token) => token.top_logprobs.length === 2), tokens[0]);
  });
  const about = async (part) => {
    const input = user({ type: "input_text", text: "What is it?" }, part);
    return (await ask(client, { input })).output_text;
  };
  add("image input", async () => {
    const text = await about({ type: "input_image", image_url: `data:image/png;base64,${PNG}`, detail: "low" });
    holds("the image's type", text.includes("image/png"), text);
  });
  add("document input", async () => {
    const file_data = `data:application/pdf;base64,${PDF}`;
    const text = await about({ type: "input_file", filename: "a.pdf", file_data });
    holds("the document's name or type", text.toLowerCase().includes("pdf"), text);
  });
}

function state(add, sim, client) {
  add("stored state", async () => {
    const first = await ask(client, { input: samples.TALK[0] });
    const second = await ask(client, { input: samples.TALK.at(-1), previous_response_id: first.id });
    holds("Ada", second.output_text.includes("Ada"), second.output_text);
    const found = await client.responses.retrieve(second.id);
    same("what is kept", [found.id, found.output_text], [second.id, second.output_text]);
    const items = await listed(client.responses.inputItems.list(second.id, { order: "asc", limit: 1 }));
    same("the last item", items.at(-1).content[0].text, samples.TALK.at(-1));
    await client.responses.delete(first.id);
    await thrown(OpenAI.NotFoundError, () => client.responses.retrieve(first.id));
    const error = await thrown(OpenAI.BadRequestError, () => ask(client, { previous_response_id: first.id }));
    same("code", error.code, "previous_response_not_found");
  });
  add("list, all pages", async () => {
    const texts = [0, 1, 2, 3, 4].map((number) => `Number ${number}`);
    const answer = await ask(client, { input: texts.flatMap((text) => user(text)) });
    const items = await listed(client.responses.inputItems.list(answer.id, { order: "asc", limit: 2 }));
    same("the items", items.map((item) => item.content[0].text), texts);
    same("the pages", (await sim.calls()).slice(1).map((call) => call.request.method), ["GET", "GET", "GET"]);
  });
  add("token count", async () => {
    const counted = await client.responses.inputTokens.count({ model: MODEL, input: samples.CAPITAL });
    same("the count", counted.input_tokens, (await ask(client)).usage.input_tokens);
  });
}

function accounts(add, sim, client) {
  add("reasoning", async () => {
    const answer = await ask(client, { model: "gpt-5-mini", reasoning: { effort: "high", summary: "detailed" } });
    const hidden = answer.usage.output_tokens_details.reasoning_tokens;
    holds("reasoning tokens within the output", hidden > 0 && hidden < answer.usage.output_tokens, answer.usage);
    same("the items", answer.output.map((item) => item.type), ["reasoning", "message"]);
    holds("a summary", answer.output[0].summary[0].text, answer.output[0]);
  });
  add("reasoning returned", async () => {
    const fields = { model: "gpt-5-mini", store: false, include: ["reasoning.encrypted_content"], tools: [TOOL] };
    const first = await ask(client, { ...fields, input: samples.ONE_PLACE });
    same("the items", first.output.map((item) => item.type), ["reasoning", "function_call"]);
    holds("encrypted content", first.output[0].encrypted_content, first.output[0]);
    const result = { type: "function_call_output", call_id: first.output[1].call_id, output: samples.RESULT };
    const second = await ask(client, { ...fields, input: [...user(samples.ONE_PLACE), ...first.output, result] });
    holds("the result in the answer", second.output_text.includes("12"), second.output_text);
  });
  add("cache usage", async () => {
    const cold = await ask(client, { instructions: samples.LONG, prompt_cache_key: "node" });
    const warm = await ask(client, { instructions: samples.LONG, prompt_cache_key: "node" });
    same("cached at first", cold.usage.input_tokens_details.cached_tokens, 0);
    const hit = warm.usage.input_tokens_details.cached_tokens;
    holds("1,024 or more cached, in steps of 128", hit >= 1024 && hit % 128 === 0, hit);
  });
  add("raw headers", async () => {
    const { data, response, request_id } = await ask(client).withResponse();
    same("the request's id", request_id, (await sim.call()).answer.headers["x-request-id"]);
    const left = Number(response.headers.get("x-ratelimit-remaining-requests"));
    holds("requests that are left", left > 0 && left <= Number(response.headers.get("x-ratelimit-limit-requests")), left);
    holds("Paris", data.output_text.includes("Paris"), data);
  });
}

function streams(add, sim, client) {
  add("raw events", async () => {
    const events = await listed(await stream(client, { temperature: 0 }));
    const kinds = events.map((event) => event.type);
    same("the first", kinds.slice(0, 2), ["response.created", "response.in_progress"]);
    same("the last", kinds.at(-1), "response.completed");
    same("the numbers", events.map((event) => event.sequence_number), events.map((_, at) => at));
    const deltas = events.filter((event) => event.type === "response.output_text.delta");
    const whole = await ask(client, { temperature: 0 });
    const said = deltas.map((event) => event.delta).join("");
    same("text and usage", [said, events.at(-1).response.usage], [whole.output_text, whole.usage]);
  });
  add("error in a stream", async () => {
    // The error is an event like any other to the SDK: it is handed out, not thrown.
    await sim.fault({ error_after: 3 });
    const events = await listed(await stream(client));
    same("the last event", [events.at(-1).type, events.at(-1).code], ["error", "server_is_overloaded"]);
    same("the numbers", events.map((event) => event.sequence_number), events.map((_, at) => at));
  });
  add("helper", async () => {
    const runner = client.responses.stream(filled());
    let said = "";
    runner.on("response.output_text.delta", (event) => (said += event.delta));
    const final = await runner.finalResponse();
    same("text, status", [said, final.status], [final.output_text, "completed"]);
    holds("Paris", said.includes("Paris"), said);
  });
  add("tools streamed", async () => {
    const tool = zodResponsesFunction({ name: "get_weather", parameters: z.object({ city: z.string() }) });
    const runner = client.responses.stream(filled({ input: samples.TWO_PLACES, tools: [tool] }));
    const done = (await listed(runner)).filter((event) => event.type === "response.function_call_arguments.done");
    same("the arguments", done.map((event) => event.arguments), CITIES_SENT);
    same("the calls", (await runner.finalResponse()).output.map((item) => item.parsed_arguments), CITIES);
  });
  add("typed stream", async () => {
    const text = { format: zodTextFormat(Weather, "weather") };
    const runner = client.responses.stream(filled({ input: samples.FILL_IN, text }));
    samples.isOslo((await runner.finalResponse()).output_parsed);
  });
  add("left early", async () => {
    await sim.fault({ token: 0.05 });
    for await (const event of await stream(client, { input: samples.STORY })) {
      same("the first event", event.type, "response.created");
      break;
    }
    same("the outcome", await sim.outcome(), "client left");
  });
}

function tools(add, client) {
  const output = (call, text) => ({ type: "function_call_output", call_id: call.call_id, output: text });
  add("tool loop", async () => {
    const first = await ask(client, { input: samples.ONE_PLACE, tools: [TOOL] });
    const [call] = first.output;
    same("the call", [call.type, call.name, call.arguments], ["function_call", "get_weather", '{"city":"Oslo"}']);
    const fields = { tools: [TOOL], previous_response_id: first.id };
    const second = await ask(client, { ...fields, input: [output(call, samples.RESULT)] });
    holds("the result in the answer", second.output_text.includes("12"), second.output_text);
    const bad = [output({ call_id: "call_other" }, samples.RESULT)];
    await thrown(OpenAI.BadRequestError, () => ask(client, { ...fields, input: bad }));
  });
  add("parallel tools", async () => {
    const first = await ask(client, { input: samples.TWO_PLACES, tools: [TOOL] });
    same("the calls", first.output.map((item) => item.arguments), CITIES_SENT);
    const results = first.output.map((call, at) => output(call, `{"temperature": ${[12, 21][at]}}`));
    const input = [...user(samples.TWO_PLACES), ...first.output, ...results];
    const text = (await ask(client, { input, tools: [TOOL] })).output_text;
    holds("both results", text.includes("12") && text.includes("21"), text);
    const one = await ask(client, { input: samples.TWO_PLACES, tools: [TOOL], parallel_tool_calls: false });
    same("calls when only one may be", one.output.length, 1);
  });
  add("forced tool", async () => {
    for (const tool_choice of ["required", { type: "function", name: "get_weather" }]) {
      const answer = await ask(client, { tools: [TOOL], tool_choice });
      same("the items", answer.output.map((item) => item.type), ["function_call"]);
    }
    const none = await ask(client, { input: samples.ONE_PLACE, tools: [TOOL], tool_choice: "none" });
    same("the items when none may be", none.output.map((item) => item.type), ["message"]);
  });
}

function typed(add, client) {
  add("JSON schema", async () => {
    const format = { type: "json_schema", name: "weather", strict: true, schema: samples.WEATHER_SCHEMA };
    samples.isOslo(JSON.parse((await ask(client, { input: samples.FILL_IN, text: { format } })).output_text));
  });
  add("typed reply", async () => {
    const text = { format: zodTextFormat(Weather, "weather") };
    samples.isOslo((await client.responses.parse(filled({ input: samples.FILL_IN, text }))).output_parsed);
  });
}

function refused(add, client, make) {
  add("wrong parameter", async () => {
    const error = await thrown(OpenAI.BadRequestError, () => ask(client, { temperature: 3 }));
    const facts = [error.type, error.param, error.code];
    same("type, param, code", facts, ["invalid_request_error", "temperature", "decimal_above_max_value"]);
  });
  add("unknown model", async () => {
    const error = await thrown(OpenAI.APIError, () => ask(client, { model: "gpt-0" }));
    same("code", error.code, "model_not_found");
  });
  add("wrong key", () => samples.wrongKeys(OpenAI, make, ask));
}
