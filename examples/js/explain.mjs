// What went wrong, in words. With `process.on("uncaughtException", explain)`, a program tells so each error that it
// doesn't catch. It knows the errors of the three SDKs; any other is a mistake in the program itself.
const ADVICE = {
  400: "The request is wrong as it is: sent again, it would fail again.",
  401: "Is the key in the environment the right one?",
  403: "The key is good, but may not do this.",
  404: "Is the model's name right?",
  429: "Too many requests in too short a time, or no money left. Wait, and try again.",
};

export function explain(error) {
  const said = inWords(error);
  console.error(said ? `\nThat failed: ${said}` : error);
  process.exit(1);
}

function inWords(error) {
  if (error.status) {
    const said = message(error);
    const status = /API key not valid/.test(said) ? 401 : error.status; // Google says 400 to a wrong key
    return `${said} (status ${error.status})\n${ADVICE[status] ?? "The trouble is on their side. Try again later."}`;
  }
  if (/Connection error|fetch failed/.test(error.message)) {
    return "nobody answers at this address.\nIs the simulator running, and the address in the environment right?";
  }
  if (/terminated|Premature close/.test(error.message)) {
    return "the connection broke in the middle of the answer.\nWhat has come so far isn't all of it. Ask again.";
  }
  if (/credentials|authentication method/.test(error.message)) {
    return "there is no key.\nPut it into OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY.";
  }
  return "status" in error && message(error); // an error that came inside a stream has no status
}

// The vendor's own words, which Anthropic's and Google's SDKs leave inside the JSON that came.
function message(error) {
  const json = /"message":("(?:[^"\\]|\\.)*")/.exec(error.message);
  return json ? JSON.parse(json[1]) : error.message.replace(/^\d+ /, "");
}
