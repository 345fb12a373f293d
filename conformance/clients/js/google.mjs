// Google's SDK for JavaScript: `node google.mjs WIRE`.

import { ApiError, GoogleGenAI } from "@google/genai";

import * as content from "./google_content.mjs";
import * as rest from "./google_rest.mjs";
import * as trouble from "./google_trouble.mjs";
import { Checks, Simulator } from "./kit.mjs";

const sim = new Simulator();
const key = "AIzaSimulator00000000000000000000000000";
const make = ({ apiKey = key, ...options } = {}) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: sim.url, ...options } });
const kit = { sim, sdk: { ApiError }, make };

const checks = new Checks();
content.enter(checks, kit);
trouble.enter(checks, content.GENERATE, kit, content.ask);
trouble.enter(checks, content.STREAM, kit, content.readStream, content.stream);
rest.enter(checks, kit);
trouble.enter(checks, rest.COUNT, kit, rest.count);
trouble.enter(checks, rest.EMBED, kit, rest.embed);
trouble.enter(checks, rest.MODELS, kit, rest.listModels);
await checks.run(process.argv[2], sim);
