// Google's SDK for JavaScript on the count of tokens, embeddings and models.

import { ask } from "./google_content.mjs";
import { refused, unknownModel, wrongKey } from "./google_trouble.mjs";
import { holds, listed, same } from "./kit.mjs";
import * as samples from "./samples.mjs";

export const COUNT = "countTokens";
export const EMBED = "embedContent";
export const MODELS = "models";
const MODEL = "gemini-2.5-flash";

export const count = (client, fields) => client.models.countTokens({ model: MODEL, contents: samples.CAPITAL, ...fields });
export const embed = (client, fields) =>
  client.models.embedContent({ model: "gemini-embedding-001", contents: "A cat sat on the mat.", ...fields });
export const listModels = (client) => client.models.list({ config: { pageSize: 3 } });

const near = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0);

/** Enters the checks. */
export function enter(checks, kit) {
  const client = kit.make();
  counts((feature, check) => checks.add(COUNT, feature, check), kit, client);
  vectors((feature, check) => checks.add(EMBED, feature, check), kit, client);
  models((feature, check) => checks.add(MODELS, feature, check), kit, client);
}

function counts(add, kit, client) {
  add("token count", async () => {
    for (const contents of [samples.CAPITAL, [samples.CAPITAL, "And of Norway?"]]) {
      const { totalTokens } = await count(client, { contents });
      same("the count", totalTokens, (await ask(client, { contents })).usageMetadata.promptTokenCount);
    }
  });
  refused(add, kit, count, { contents: [{ role: "nobody", parts: [{ text: "Hi" }] }] }, "role");
}

function vectors(add, kit, client) {
  add("whole reply", async () => {
    const [{ values }] = (await embed(client)).embeddings;
    same("the size", values.length, 3072);
    holds("length 1", Math.abs(near(values, values) - 1) < 1e-3, values.slice(0, 3));
  });
  add("several inputs", async () => {
    const contents = ["A cat sat on the mat.", "The cat sat on a mat.", "Interest rates rose in March."];
    const [cat, mat, bank] = (await embed(client, { contents })).embeddings.map((item) => item.values);
    holds("near texts nearer than far ones", near(cat, mat) > near(cat, bank), [near(cat, mat), near(cat, bank)]);
  });
  add("dimensions", async () => {
    const [{ values }] = (await embed(client, { config: { outputDimensionality: 256 } })).embeddings;
    same("the size", values.length, 256);
  });
  refused(add, kit, embed, { config: { outputDimensionality: 4000 } }, "dimension");
}

function models(add, kit, client) {
  add("list, all pages", async () => {
    const names = (await listed(await listModels(client))).map((model) => model.name);
    holds("many, each once", new Set(names).size === names.length && names.includes(`models/${MODEL}`), names);
    same("the pages", (await kit.sim.calls()).length, Math.ceil(names.length / 3));
  });
  add("one by name", async () => {
    const found = await client.models.get({ model: MODEL });
    same("its name", [found.name, found.displayName], [`models/${MODEL}`, "Gemini 2.5 Flash"]);
    holds("its limits", found.inputTokenLimit > 10_000, found);
  });
  unknownModel(add, kit, (one, model) => one.models.get({ model }));
  wrongKey(add, kit, listModels);
}
