// What the checks ask, and what they find in the answers; the same for all SDKs in JavaScript, and as in samples.py.

import { holds, same, thrown } from "./kit.mjs";

export const CAPITAL = "What is the capital of France?";
export const PLANETS = "List the planets starting with 1.";
export const THREE_PLANETS = "1. Mercury\n2. Venus\n3. Earth\n";
export const STORY = "Write a long story.";
export const TALK = ["My name is Ada.", "What is a generator?", "What is my name?"];
export const ONE_PLACE = "What's the weather in Oslo?";
export const TWO_PLACES = "What's the weather in Oslo and in Paris?";
export const RESULT = '{"temperature": 12, "sky": "cloudy"}';
export const FILL_IN = "Oslo: 12 degrees and cloudy. Give it as JSON.";
export const LONG = "You are a careful assistant who knows a great deal about capitals. ".repeat(400);

export const WEATHER = "Get the current weather";
export const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
export const WEATHER_SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, temperature: { type: "number" }, sky: { type: "string" } },
  required: ["city", "temperature", "sky"],
  additionalProperties: false,
};
export const CITIES = [{ city: "Oslo" }, { city: "Paris" }];
export const CITIES_SENT = CITIES.map((city) => JSON.stringify(city));

/** A picture of one pixel. */
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const PDF = Buffer.from(
  "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
).toString("base64");

/** One message of the user's. */
export const user = (...content) => [{ role: "user", content: content.length === 1 ? content[0] : content }];

/** The weather, filled in: of Oslo, with the right types. */
export function isOslo(value) {
  same("the city", value?.city, "Oslo");
  same("the types", [typeof value.temperature, typeof value.sky], ["number", "string"]);
  same("the fields", Object.keys(value).sort(), ["city", "sky", "temperature"]);
}

/** Keys that aren't good get the SDK's own errors. */
export async function wrongKeys(sdk, make, ask) {
  for (const [apiKey, kind] of [["sim-invalid", "AuthenticationError"], ["sim-noaccess", "PermissionDeniedError"]]) {
    const error = await thrown(sdk[kind], () => ask(make({ apiKey })));
    holds("a message", error.message, error);
  }
}
