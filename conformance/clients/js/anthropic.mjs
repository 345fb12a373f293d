// Anthropic's SDK for JavaScript: `node anthropic.mjs WIRE`.

import Anthropic from "@anthropic-ai/sdk";

import * as messages from "./anthropic_messages.mjs";
import * as rest from "./anthropic_rest.mjs";
import { Checks, Simulator } from "./kit.mjs";
import * as trouble from "./trouble.mjs";

const sim = new Simulator();
const apiKey = "sk-ant-simulator-0000000000000000";
const make = (options) => new Anthropic({ baseURL: sim.url, apiKey, maxRetries: 0, ...options });
const facts = (error) => ({ type: error.type ?? null, code: error.errorCode ?? null });
const kit = { sim, sdk: Anthropic, vendor: "anthropic", make, facts, header: "request-id" };

const checks = new Checks();
messages.enter(checks, kit);
trouble.enter(checks, messages.MESSAGES, kit, messages.ask, messages.stream);
rest.enter(checks, kit);
trouble.enter(checks, rest.COUNT, kit, rest.count);
trouble.enter(checks, rest.MODELS, kit, rest.listModels);
await checks.run(process.argv[2], sim);
