// OpenAI's SDK for JavaScript: `node openai.mjs WIRE`.

import OpenAI from "openai";

import * as chat from "./openai_chat.mjs";
import { Checks, Simulator } from "./kit.mjs";
import * as responses from "./openai_responses.mjs";
import * as rest from "./openai_rest.mjs";
import * as trouble from "./trouble.mjs";

const sim = new Simulator();
const apiKey = "sk-simulator-0000000000000000";
const make = (options) => new OpenAI({ baseURL: `${sim.url}/v1`, apiKey, maxRetries: 0, ...options });
const facts = (error) => ({ type: error.type ?? null, code: error.code ?? null });
const kit = { sim, sdk: OpenAI, vendor: "openai", make, facts, header: "x-request-id" };

const checks = new Checks();
chat.enter(checks, kit);
trouble.enter(checks, chat.CHAT, kit, chat.ask, chat.stream);
responses.enter(checks, kit);
trouble.enter(checks, responses.RESPONSES, kit, responses.ask, responses.stream);
rest.enter(checks, kit);
trouble.enter(checks, rest.EMBEDDINGS, kit, rest.embed);
trouble.enter(checks, rest.MODELS, kit, rest.listModels);
await checks.run(process.argv[2], sim);
