// What goes wrong, the same for every wire of a vendor: errors for every status, retries, and connections that fail.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";

import { holds, listed, same, thrown } from "./kit.mjs";

export const ERRORS = JSON.parse(readFileSync(new URL("../errors.json", import.meta.url), "utf8"));

/** A port of this machine at which nobody listens. */
export async function closedPort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Enters the checks of one wire. `ask` makes its smallest call; `stream` its smallest one that streams, if it has any. */
export function enter(checks, wire, { sim, sdk, vendor, make, facts, header }, ask, stream) {
  const client = make();
  const add = (feature, check) => checks.add(wire, feature, check);
  statuses(add, { sim, sdk, vendor, facts, header }, () => ask(client));
  connections(add, { sim, sdk, make }, ask);
  retries(add, { sim, sdk, make }, ask);
  if (stream) streams(checks, wire, { sim, sdk, vendor, make, facts }, stream);
}

function statuses(add, { sim, sdk, vendor, facts, header }, ask) {
  for (const row of ERRORS[vendor]) {
    add(row.feature, async () => {
      await sim.fault({ ...row.fault, message: "Words of the fault." });
      const kind = sdk[row.node ?? row.class];
      const error = await thrown(kind, ask);
      same("the class", error.constructor.name, kind.name);
      same("the status", error.status, row.status);
      same("the facts", facts(error), { type: row.type, code: row.code ?? null });
      holds("the fault's words", error.message.includes("Words of the fault."), error.message);
      same("the request's id", error.requestID, (await sim.call()).answer.headers[header]);
      same("the number of calls", (await sim.calls()).length, 1);
    });
  }
}

function connections(add, { sim, sdk, make }, ask) {
  add("proxy's page", async () => {
    await sim.fault({ html: true, status: 502 });
    const error = await thrown(sdk.InternalServerError, () => ask(make()));
    same("the status", error.status, 502);
    holds("the page's text", error.message.includes("Bad Gateway"), error.message);
  });
  add("timeout", async () => {
    await sim.fault({ stall: true });
    await thrown(sdk.APIConnectionTimeoutError, () => ask(make({ timeout: 300 })));
    same("the number of calls", (await sim.calls()).length, 1);
  });
  add("reset", async () => {
    for (const fault of [{ reset: true }, { close: true }]) {
      await sim.fault(fault);
      const error = await thrown(sdk.APIConnectionError, () => ask(make()));
      same("the class", error.constructor.name, "APIConnectionError");
    }
    const outcomes = (await sim.calls()).map((call) => call.outcome);
    same("the outcomes", outcomes, ["reset", "closed"]);
    holds("an answer afterwards", await ask(make()));
  });
  add("refused", async () => {
    const baseURL = `http://127.0.0.1:${await closedPort()}/v1`;
    const error = await thrown(sdk.APIConnectionError, () => ask(make({ baseURL })));
    same("the class", error.constructor.name, "APIConnectionError");
  });
}

const FAST = { "retry-after-ms": "1" };

function retries(add, { sim, sdk, make }, ask) {
  const statusesOf = async () => (await sim.calls()).map((call) => call.answer.status);
  add("attempts", async () => {
    const failing = [408, 409, 429, 500, 502, 503, 504, 529];
    await sim.fault({ reset: true }, ...failing.map((status) => ({ status, headers: FAST })));
    holds("an answer", await ask(make({ maxRetries: 9 })));
    same("the statuses", await statusesOf(), [null, ...failing, 200]);
    const counts = (await sim.calls()).map((call) => call.request.headers["x-stainless-retry-count"]);
    same("the counts that the SDK sends", counts.join(), "0,1,2,3,4,5,6,7,8,9");
    await sim.reset();
    await sim.fault({ status: 503, times: 0, headers: FAST });
    await thrown(sdk.InternalServerError, () => ask(make({ maxRetries: 2 })));
    same("the number of calls", (await sim.calls()).length, 3);
    for (const status of [400, 401, 403, 404, 413, 422]) {
      await sim.reset();
      await sim.fault({ status, headers: FAST });
      await thrown(sdk.APIError, () => ask(make({ maxRetries: 2 })));
      same(`the number of calls after a ${status}`, (await sim.calls()).length, 1);
    }
  });

  // The SDKs' own first wait is at most half a second, so a longer one shows that the header was obeyed.
  const waits = async (header, value, least) => {
    await sim.fault({ status: 429, headers: { [header]: value } });
    holds("an answer", await ask(make({ maxRetries: 1 })));
    same("the statuses", await statusesOf(), [429, 200]);
    const [first, second] = await sim.calls();
    const gap = second.started - first.started;
    holds(`a wait of at least ${least} s`, gap >= least, gap);
  };
  add("retry-after", () => waits("retry-after", "0.7", 0.69)); // node's timers may be a millisecond early
  add("retry-after-ms", () => waits("retry-after-ms", "650", 0.64));
  add("retry-after, date", async () => {
    const until = Math.floor(Date.now() / 1000) + 2; // a date has no fractions: this one is 1 to 2 s away
    await waits("retry-after", new Date(until * 1000).toUTCString(), 0);
    const { started } = await sim.call();
    holds(`a second call at ${until} at the earliest`, started >= until - 0.02, started);
  });

  add("x-should-retry: true", async () => {
    await sim.fault({ status: 400, headers: { ...FAST, "x-should-retry": "true" } });
    holds("an answer", await ask(make({ maxRetries: 1 })));
    same("the statuses", await statusesOf(), [400, 200]);
  });
  add("x-should-retry: false", async () => {
    await sim.fault({ status: 503, headers: { ...FAST, "x-should-retry": "false" } });
    await thrown(sdk.InternalServerError, () => ask(make({ maxRetries: 2 })));
    same("the number of calls", (await sim.calls()).length, 1);
  });
}

function streams(checks, wire, { sim, sdk, vendor, make, facts }, stream) {
  const read = async (seen) => {
    for await (const event of await stream(make({ maxRetries: 2 }))) seen.push(event);
  };
  if (!checks.has(wire, "error in a stream")) {
    checks.add(wire, "error in a stream", async () => {
      await sim.fault({ error_after: 3 });
      const seen = [];
      const error = await thrown(sdk.APIError, () => read(seen));
      holds("events before the error", seen.length >= 1, seen);
      const known = ERRORS[vendor].find((row) => row.feature === "529");
      same("the facts", facts(error), { type: known.type, code: known.code ?? null });
      same("the number of calls", (await sim.calls()).length, 1);
    });
  }
  checks.add(wire, "stream cut", async () => {
    const whole = await listed(await stream(make()));
    const size = (await sim.call()).answer.bytes;
    for (const fault of ["truncate", "reset_after"]) {
      await sim.fault({ [fault]: Math.floor(size / 2) });
      const seen = [];
      await thrown(Error, () => read(seen));
      holds("some of the events, and not all", seen.length > 0 && seen.length < whole.length, seen.length);
    }
    same("the number of calls", (await sim.calls()).length, 3);
  });
}
