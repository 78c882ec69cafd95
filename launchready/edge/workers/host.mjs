// Runs module Workers for the local edge: one process, one thread for each script.
//
// The edge writes one JSON document a line on standard input and reads one a line from standard output:
//   {"op": "load", "key", "script": {"modules": {name: text}, "main", "env": {name: text}}}
//   {"op": "check", "id", "script"}         → {"id", "problem": text or null, "handlers": [names]}
//   {"op": "run", "id", "key", "request"}   → {"id", "response"} or {"id", "error": kind, "detail"}
//   {"op": "drop", "key"}
// A request is {method, url, headers: [[name, value]], body: base64 or null}; a response {status, headers,
// body}. Kinds of errors: "threw", "time", "memory", "stopped" (another request ended the thread), "large".
// The edge's end is the end of standard input; this thread runs no script, so it always notices.

import readline from "node:readline";
import vm from "node:vm";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

const LIMITS = isMainThread ? JSON.parse(process.argv[2]) : workerData.limits;

if (isMainThread) {
  main();
} else {
  await serve();
}

// ---- the main thread -----------------------------------------------------------------------------

function main() {
  const scripts = new Map();
  const threads = new Map();

  const answer = (document) => process.stdout.write(JSON.stringify(document) + "\n");

  function thread(key, script) {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { script, limits: LIMITS },
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: LIMITS.memory, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    });
    const waiting = new Map();
    const one = { worker, waiting, end };
    function end(kind, detail, guilty) {
      for (const [id, timer] of waiting) {
        clearTimeout(timer);
        const own = guilty === undefined || id === guilty;
        answer({ id, error: own ? kind : "stopped", detail });
      }
      waiting.clear();
      if (threads.get(key) === one) threads.delete(key);
      worker.terminate();
    }
    worker.on("message", (document) => {
      if (!waiting.has(document.id)) return;
      clearTimeout(waiting.get(document.id));
      waiting.delete(document.id);
      answer(document);
    });
    worker.on("error", (error) => {
      const memory = error?.code === "ERR_WORKER_OUT_OF_MEMORY";
      end(memory ? "memory" : "threw", String(error?.message ?? error));
    });
    worker.on("exit", () => end("stopped", "the script's thread has ended"));
    return one;
  }

  function post(one, id, document) {
    const late = () => one.end("time", `no answer within ${LIMITS.seconds} s`, id);
    one.waiting.set(id, setTimeout(late, LIMITS.seconds * 1000));
    one.worker.postMessage({ id, ...document });
  }

  const operations = {
    load: ({ key, script }) => scripts.set(key, script),
    drop: ({ key }) => {
      scripts.delete(key);
      threads.get(key)?.end("stopped", "the script was replaced");
    },
    check: ({ id, script }) => {
      const key = Symbol("check");
      post(thread(key, script), id, { check: true });
    },
    run: ({ id, key, request }) => {
      if (!scripts.has(key)) return answer({ id, error: "threw", detail: "no such script" });
      if (!threads.has(key)) threads.set(key, thread(key, scripts.get(key)));
      post(threads.get(key), id, { request });
    },
  };

  readline
    .createInterface({ input: process.stdin, crlfDelay: Infinity })
    .on("line", (line) => {
      const document = JSON.parse(line);
      operations[document.op](document);
    })
    .on("close", () => process.exit(0));
}

// ---- a script's thread ---------------------------------------------------------------------------

async function serve() {
  const { script } = workerData;
  let handler, problem;
  try {
    handler = await evaluate(script);
  } catch (error) {
    problem = describe(error);
  }
  parentPort.on("message", async (message) => {
    if (message.check) {
      const handlers = handler ? Object.keys(handler).filter((name) => typeof handler[name] === "function") : [];
      parentPort.postMessage({ id: message.id, problem: problem ?? null, handlers });
      return process.exit(0);
    }
    parentPort.postMessage(await respond(message, handler, problem, script));
  });
}

async function evaluate(script) {
  const context = vm.createContext(globals(), { codeGeneration: { strings: false, wasm: false } });
  const made = new Map();
  const module = (name) => {
    if (!Object.hasOwn(script.modules, name)) throw new Error(`No such module "${name}".`);
    if (!made.has(name)) {
      const options = { context, identifier: name, importModuleDynamically: (wanted) => linked(wanted) };
      made.set(name, new vm.SourceTextModule(script.modules[name], options));
    }
    return made.get(name);
  };
  const link = (wanted) => module(wanted.replace(/^\.\//, ""));
  const linked = async (wanted) => {
    const found = link(wanted);
    if (found.status === "unlinked") await found.link(link);
    await found.evaluate();
    return found;
  };
  const main = await linked(script.main);
  const handler = main.namespace.default;
  if (!handler || typeof handler !== "object") {
    throw new Error("The main module has no default export with handlers.");
  }
  return handler;
}

function globals() {
  const web = {
    AbortController, AbortSignal, Blob, CompressionStream, DecompressionStream, DOMException, Event, EventTarget,
    FormData, Headers, ReadableStream, Request, Response, TextDecoder, TextEncoder, TransformStream, URL,
    URLSearchParams, WritableStream, atob, btoa, clearInterval, clearTimeout, crypto, queueMicrotask,
    setInterval, setTimeout, structuredClone,
  };
  const say = (...parts) => process.stderr.write(parts.map(String).join(" ").slice(0, 2000) + "\n");
  const none = () => Promise.reject(new TypeError("the local edge gives Workers no network"));
  const console = { debug: say, error: say, info: say, log: say, warn: say };
  const all = { ...web, console, fetch: none };
  all.self = all;
  return all;
}

async function respond({ id, request }, handler, problem, script) {
  try {
    if (problem !== undefined) throw new Error(problem);
    if (typeof handler.fetch !== "function") throw new Error("The script has no fetch handler.");
    const bodiless = request.method === "GET" || request.method === "HEAD" || request.body === null;
    const given = new Request(request.url, {
      method: request.method,
      headers: request.headers,
      body: bodiless ? undefined : Buffer.from(request.body, "base64"),
      redirect: "manual",
    });
    const later = [];
    const context = { waitUntil: (promise) => later.push(promise), passThroughOnException: () => {} };
    const response = await handler.fetch(given, Object.freeze({ ...script.env }), context);
    if (!(response instanceof Response)) throw new TypeError("The fetch handler returned no Response.");
    const body = Buffer.from(await response.arrayBuffer());
    if (body.length > LIMITS.answer) return { id, error: "large", detail: `an answer of ${body.length} bytes` };
    await Promise.allSettled(later);
    const headers = [...response.headers];
    return { id, response: { status: response.status, headers, body: body.toString("base64") } };
  } catch (error) {
    return { id, error: "threw", detail: describe(error) };
  }
}

function describe(error) {
  const text = error?.name && error?.message !== undefined ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, 500);
}
