// Anthropic's SDK for JavaScript on the count of tokens and on models.

import Anthropic from "@anthropic-ai/sdk";

import { ask, MODEL, THINKING, TOOL } from "./anthropic_messages.mjs";
import { holds, listed, same, thrown } from "./kit.mjs";
import * as samples from "./samples.mjs";
import { PNG, user } from "./samples.mjs";

export const COUNT = "count_tokens";
export const MODELS = "models";

export const count = (client, fields) =>
  client.messages.countTokens({ model: MODEL, messages: user(samples.CAPITAL), ...fields });
export const listModels = (client) => client.models.list();

/** Enters the checks. */
export function enter(checks, { sim, make }) {
  const client = make();
  counts((feature, check) => checks.add(COUNT, feature, check), sim, client, make);
  models((feature, check) => checks.add(MODELS, feature, check), sim, client, make);
}

function counts(add, sim, client, make) {
  add("token count", async () => {
    for (const fields of [{}, { system: "You are a scientist." }, { tools: [TOOL] }]) {
      const { input_tokens } = await count(client, fields);
      same(`the count with ${Object.keys(fields)}`, input_tokens, (await ask(client, fields)).usage.input_tokens);
    }
    holds("a count with thinking", (await count(client, { thinking: THINKING })).input_tokens > 5);
  });
  add("image input", async () => {
    const picture = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
    const plain = (await count(client)).input_tokens;
    const more = (await count(client, { messages: user({ type: "text", text: samples.CAPITAL }, picture) })).input_tokens;
    holds("more tokens than without it", more > plain, [more, plain]);
  });
  add("raw headers", async () => {
    const { request_id } = await count(client).withResponse();
    same("the request's id", request_id, (await sim.call()).answer.headers["request-id"]);
  });
  add("wrong parameter", async () => {
    const error = await thrown(Anthropic.BadRequestError, () => count(client, { max_tokens: 5 }));
    same("type", error.type, "invalid_request_error");
    holds("the parameter's name", error.apiMessage.includes("max_tokens"), error.apiMessage);
  });
  add("unknown model", async () => {
    const error = await thrown(Anthropic.NotFoundError, () => count(client, { model: "claude-0" }));
    same("type", error.type, "not_found_error");
  });
  add("wrong key", () => samples.wrongKeys(Anthropic, make, count));
}

function models(add, sim, client, make) {
  add("list, all pages", async () => {
    const first = await client.models.list({ limit: 5 });
    same("a page", [first.data.length, first.has_more], [5, true]);
    const names = (await listed(client.models.list({ limit: 5 }))).map((model) => model.id);
    holds("many, each once", names.length > 15 && new Set(names).size === names.length, names);
    same("the pages", (await sim.calls()).length - 1, Math.ceil(names.length / 5));
    const before = await client.models.list({ limit: 3, before_id: names[3] });
    same("the page before", before.data.map((model) => model.id), names.slice(0, 3));
  });
  add("one by name", async () => {
    const found = await client.models.retrieve(MODEL);
    same("id, name", [found.id, found.display_name], ["claude-haiku-4-5-20251001", "Claude Haiku 4.5"]);
    holds("limits", found.max_input_tokens >= 100_000, found);
  });
  add("unknown model", async () => {
    const error = await thrown(Anthropic.NotFoundError, () => client.models.retrieve("claude-0"));
    same("type", error.type, "not_found_error");
  });
  add("raw headers", async () => {
    const { request_id } = await listModels(client).withResponse();
    same("the request's id", request_id, (await sim.call()).answer.headers["request-id"]);
  });
  add("wrong key", () => samples.wrongKeys(Anthropic, make, listModels));
}
