// What a check needs: the simulator over HTTP, ways to say what is wanted, and a table of checks by wire and feature.
// What each check found is printed as one line of JSON.

import { isDeepStrictEqual, inspect } from "node:util";

export const LACKS = "lacks";

/** The simulator, whose address is the environment's SIMULATOR_URL. */
export class Simulator {
  url = process.env.SIMULATOR_URL;

  async #send(method, path, body) {
    const answer = await fetch(`${this.url}/_ringup/${path}`, { method, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return answer.json();
  }

  /** No faults and no calls. */
  async reset() {
    await this.#send("DELETE", "faults");
    await this.#send("DELETE", "calls");
  }

  /** Lets things go wrong with the next calls, one after the other. */
  async fault(...faults) {
    await this.#send("POST", "faults", faults);
  }

  /** The calls so far. */
  async calls() {
    return (await this.#send("GET", "calls")).calls;
  }

  /** The last call. */
  async call() {
    return (await this.calls()).at(-1);
  }

  /** How the last call ended, as soon as it has. */
  async outcome() {
    for (let tries = 0; tries < 300; tries += 1) {
      const { outcome } = await this.call();
      if (outcome !== "open") return outcome;
      await new Promise((done) => setTimeout(done, 10));
    }
    return "open";
  }
}

/** Something isn't as it should be. */
export class Unmet extends Error {}

/** The SDK has no such feature; the message says what is there instead. */
export class Lacks extends Error {}

const shown = (value) => inspect(value, { depth: 4, breakLength: Infinity }).slice(0, 400);

export function same(what, got, expected) {
  if (!isDeepStrictEqual(got, expected)) throw new Unmet(`${what}: expected ${shown(expected)}, got ${shown(got)}`);
}

export function holds(what, truth, got) {
  if (!truth) throw new Unmet(`expected ${what}, got ${shown(got)}`);
}

/** The error of that class which a call throws. */
export async function thrown(kind, call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    if (error instanceof kind) return error;
    throw new Unmet(`expected ${kind.name}, got ${error.constructor.name}: ${error.message}`);
  }
  throw new Unmet(`expected ${kind.name}, got an answer: ${shown(answer)}`);
}

/** All items of a stream, or of all pages. */
export async function listed(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** The checks of one SDK, by wire and feature. */
export class Checks {
  #checks = new Map();

  add(wire, feature, check) {
    const features = this.#checks.get(wire) ?? new Map();
    if (features.has(feature)) throw new Error(`${wire}, ${feature}: two checks`);
    this.#checks.set(wire, features.set(feature, check));
  }

  has(wire, feature) {
    return this.#checks.get(wire)?.has(feature) ?? false;
  }

  /** Enters that the SDK has no such features. */
  lacks(wire, features, reason) {
    for (const feature of features) {
      this.add(wire, feature, () => {
        throw new Lacks(reason);
      });
    }
  }

  /** Runs the checks of one wire, one after the other. */
  async run(wire, sim) {
    if (!this.#checks.has(wire)) throw new Error(`there are no checks for ${wire}`);
    for (const [feature, check] of this.#checks.get(wire)) {
      await sim.reset();
      const [state, said] = await found(check);
      console.log(JSON.stringify({ wire, feature, state, said }));
    }
  }
}

async function found(check) {
  try {
    await check();
  } catch (error) {
    if (error instanceof Lacks) return [LACKS, error.message];
    const place = /([\w.]+\.mjs:\d+)/.exec((error.stack ?? "").split("\n").filter((line) => !/kit\.mjs/.test(line)).join());
    return ["FAIL", `${error?.constructor?.name}: ${error?.message} (${place?.[1]})`];
  }
  return ["ok", ""];
}
