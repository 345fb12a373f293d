// What goes wrong with Google's SDK for JavaScript. It has one class of errors, none for connections, and its retries,
// which have to be asked for, don't read headers.

import { holds, Lacks, listed, same, thrown } from "./kit.mjs";
import { closedPort, ERRORS } from "./trouble.mjs";

const told = (error) => {
  const { code, status } = JSON.parse(error.message).error;
  return [error.status, code, status];
};

/** Enters the checks of one wire: `ask` makes its smallest call; `stream` makes one that streams, where the wire does. */
export function enter(checks, wire, { sim, sdk, make }, ask, stream) {
  const client = make();
  const add = (feature, check) => checks.add(wire, feature, check);
  for (const row of ERRORS.gemini) {
    add(row.feature, async () => {
      await sim.fault({ ...row.fault, message: "Words of the fault." });
      const error = await thrown(sdk.ApiError, () => ask(client));
      same("status, code, type", told(error), [row.status, row.status, row.type]);
      holds("the fault's words", error.message.includes("Words of the fault."), error.message);
      same("the number of calls", (await sim.calls()).length, 1);
    });
  }
  connections(add, { sim, sdk, make }, ask);
  retries(add, { sim, sdk, make }, ask);
  if (stream) streams(add, { sim, sdk, make }, stream);
}

function connections(add, { sim, sdk, make }, ask) {
  add("proxy's page", async () => {
    await sim.fault({ html: true, status: 502 });
    const error = await thrown(sdk.ApiError, () => ask(make()));
    holds("the status and the page", error.status === 502 && error.message.includes("Bad Gateway"), error);
  });
  add("timeout", async () => {
    await sim.fault({ stall: true });
    const error = await thrown(Error, () => ask(make({ timeout: 300 })));
    holds("no answer of the API's", !(error instanceof sdk.ApiError), error);
    same("the number of calls", (await sim.calls()).length, 1);
  });
  add("reset", async () => {
    for (const fault of [{ reset: true }, { close: true }]) {
      await sim.fault(fault);
      const error = await thrown(Error, () => ask(make()));
      holds("no answer of the API's", !(error instanceof sdk.ApiError), error);
    }
    same("the outcomes", (await sim.calls()).map((call) => call.outcome), ["reset", "closed"]);
  });
  add("refused", async () => {
    const error = await thrown(Error, async () => ask(make({ baseUrl: `http://127.0.0.1:${await closedPort()}` })));
    holds("no answer of the API's", !(error instanceof sdk.ApiError), error);
  });
}

function retries(add, { sim, sdk, make }, ask) {
  const patient = (attempts) =>
    make({ retryOptions: { attempts, initialDelay: 0.01, maxDelay: 0.01, jitter: 0 } });
  add("attempts", async () => {
    const failing = [408, 429, 500, 502, 503, 504];
    await sim.fault(...failing.map((status) => ({ status })));
    holds("an answer", await ask(patient(7)));
    same("the statuses", (await sim.calls()).map((call) => call.answer.status), [...failing, 200]);
    await sim.reset();
    await sim.fault({ status: 503, times: 0 });
    await thrown(Error, () => ask(patient(3)));
    same("the number of calls", (await sim.calls()).length, 3);
    for (const status of [400, 404, 409]) {
      await sim.reset();
      await sim.fault({ status });
      await thrown(sdk.ApiError, () => ask(patient(3)));
      same(`the number of calls after a ${status}`, (await sim.calls()).length, 1);
    }
  });
  const stainless = ["retry-after", "retry-after, date", "retry-after-ms", "x-should-retry: true", "x-should-retry: false"];
  for (const feature of stainless) {
    add(feature, () => {
      throw new Lacks("its retries don't read headers");
    });
  }
}

function streams(add, { sim, sdk, make }, stream) {
  const read = async (seen) => {
    for await (const event of await stream(make())) seen.push(event);
  };
  add("error in a stream", async () => {
    await sim.fault({ error_after: 3 });
    const seen = [];
    const error = await thrown(sdk.ApiError, () => read(seen));
    same("the status", error.status, 503);
    holds("the error's type", error.message.includes("UNAVAILABLE"), error.message);
    same("the events before", seen.length, 3);
  });
  add("stream cut", async () => {
    const whole = await listed(await stream(make()));
    const size = (await sim.call()).answer.bytes;
    for (const fault of ["truncate", "reset_after"]) {
      await sim.fault({ [fault]: Math.floor(size / 2) });
      const seen = [];
      await thrown(Error, () => read(seen));
      holds("some of the events, and not all", seen.length > 0 && seen.length < whole.length, seen.length);
    }
  });
}

/** Enters the checks of a wrong parameter, an unknown model and a wrong key. */
export function refused(add, kit, ask, wrong, named) {
  const client = kit.make();
  add("wrong parameter", async () => {
    const error = await thrown(kit.sdk.ApiError, () => ask(client, wrong));
    same("status, code, type", told(error), [400, 400, "INVALID_ARGUMENT"]);
    holds(`the word ${named}`, error.message.includes(named), error.message);
  });
  unknownModel(add, kit, (one, model) => ask(one, { model }));
  wrongKey(add, kit, ask);
}

export function unknownModel(add, { sdk, make }, ask) {
  add("unknown model", async () => {
    const error = await thrown(sdk.ApiError, () => ask(make(), "gemini-0"));
    same("status, code, type", told(error), [404, 404, "NOT_FOUND"]);
    holds("the model's name", error.message.includes("gemini-0"), error.message);
  });
}

export function wrongKey(add, { sdk, make }, ask) {
  add("wrong key", async () => {
    for (const [apiKey, status, type] of [["sim-invalid", 400, "INVALID_ARGUMENT"], ["sim-noaccess", 403, "PERMISSION_DENIED"]]) {
      same("status, code, type", told(await thrown(sdk.ApiError, () => ask(make({ apiKey })))), [status, status, type]);
    }
  });
}
