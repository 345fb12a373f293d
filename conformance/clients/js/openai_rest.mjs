// OpenAI's SDK for JavaScript on embeddings and models.

import OpenAI from "openai";

import { holds, listed, same, thrown } from "./kit.mjs";
import * as samples from "./samples.mjs";

export const EMBEDDINGS = "embeddings";
export const MODELS = "models";
const SMALL = "text-embedding-3-small";

export const embed = (client, fields) =>
  client.embeddings.create({ model: SMALL, input: "A cat sat on the mat.", ...fields });
export const listModels = (client) => client.models.list();

const near = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0);
const isUnit = (vector) => holds("length 1", Math.abs(near(vector, vector) - 1) < 1e-3, vector.slice(0, 3));

/** Enters the checks. */
export function enter(checks, { sim, make }) {
  const client = make();
  vectors((feature, check) => checks.add(EMBEDDINGS, feature, check), sim, client);
  wrong((feature, check) => checks.add(EMBEDDINGS, feature, check), client, make);
  models((feature, check) => checks.add(MODELS, feature, check), sim, client, make);
}

function vectors(add, sim, client) {
  add("whole reply", async () => {
    const { data, usage } = await embed(client);
    same("the size", data[0].embedding.length, 1536);
    isUnit(data[0].embedding);
    same("what the SDK asks for by itself", (await sim.call()).request.body.encoding_format, "base64");
    holds("tokens", usage.prompt_tokens > 4 && usage.prompt_tokens === usage.total_tokens, usage);
  });
  add("several inputs", async () => {
    const input = ["A cat sat on the mat.", "The cat sat on a mat.", "Interest rates rose in March."];
    const { data } = await embed(client, { input });
    same("the indexes", data.map((item) => item.index), [0, 1, 2]);
    const [cat, mat, bank] = data.map((item) => item.embedding);
    holds("near texts nearer than far ones", near(cat, mat) > near(cat, bank), [near(cat, mat), near(cat, bank)]);
    same("vectors of tokens", (await embed(client, { input: [[32, 8415], [791]] })).data.length, 2);
    for (const bad of [[], "", Array(2049).fill("a")]) {
      await thrown(OpenAI.BadRequestError, () => embed(client, { input: bad }));
    }
  });
  add("raw headers", async () => {
    const { data, request_id } = await embed(client).withResponse();
    same("the request's id", request_id, (await sim.call()).answer.headers["x-request-id"]);
    same("the size", data.data[0].embedding.length, 1536);
  });
  add("dimensions", async () => {
    const [{ embedding }] = (await embed(client, { dimensions: 256 })).data;
    same("the size", embedding.length, 256);
    isUnit(embedding);
    await thrown(OpenAI.BadRequestError, () => embed(client, { dimensions: 4000 }));
  });
  add("encodings", async () => {
    const numbers = (await embed(client, { encoding_format: "float" })).data[0].embedding;
    const decoded = (await embed(client)).data[0].embedding;
    const off = Math.max(...numbers.map((value, at) => Math.abs(value - decoded[at])));
    holds("the same numbers", off < 1e-6, off);
    const text = (await embed(client, { encoding_format: "base64" })).data[0].embedding;
    same("what base64 is, when it is asked for", typeof text, "string");
  });
}

function wrong(add, client, make) {
  add("wrong parameter", async () => {
    const error = await thrown(OpenAI.BadRequestError, () => embed(client, { encoding_format: "hex" }));
    same("type, param", [error.type, error.param], ["invalid_request_error", "encoding_format"]);
  });
  add("unknown model", async () => {
    const error = await thrown(OpenAI.NotFoundError, () => embed(client, { model: "text-embedding-0" }));
    same("code", error.code, "model_not_found");
  });
  add("wrong key", () => samples.wrongKeys(OpenAI, make, embed));
}

function models(add, sim, client, make) {
  add("list, all pages", async () => {
    const names = (await listed(listModels(client))).map((model) => model.id);
    holds("known models", ["gpt-4o-mini", "gpt-5", SMALL].every((name) => names.includes(name)), names);
    same("the number of calls", (await sim.calls()).length, 1);
  });
  add("one by name", async () => {
    const found = await client.models.retrieve("gpt-4o-mini");
    same("id, object", [found.id, found.object], ["gpt-4o-mini", "model"]);
    holds("when it was made, by whom", found.created > 1.6e9 && found.owned_by, found);
  });
  add("unknown model", async () => {
    const error = await thrown(OpenAI.NotFoundError, () => client.models.retrieve("gpt-0"));
    same("code", error.code, "model_not_found");
  });
  add("raw headers", async () => {
    const { request_id } = await listModels(client).withResponse();
    same("the request's id", request_id, (await sim.call()).answer.headers["x-request-id"]);
  });
  add("wrong key", () => samples.wrongKeys(OpenAI, make, listModels));
}
