import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LOCAL_STAGE } from "../stage/local-environment.ts";

const LAST_WORDS_MILLISECONDS = 1000;
/** For what is at work. A kill after that loses nothing: what the local AWS has accepted is in its store. */
const TIME_TO_STOP_MILLISECONDS = 10_000;

const root = join(import.meta.dirname, "..", "..");

/**
 * Receivers of webhooks that somebody tries out are on this machine, too. The bundles have a folder of their own, since
 * packaging a stage deletes its one at the end, and a running stack still loads from it.
 */
const LOCAL_OPTIONS = [
  ...["--stage", LOCAL_STAGE],
  ...["--param", "webhookLoopback=on"],
  ...["--param", "bundleFolder=.esbuild"],
];

/** The process that runs `serverless offline` with the local AWS. */
export interface StackProcess {
  /** Address of the local AWS, once the API takes calls. Rejects when the process ends before. */
  readonly ready: Promise<string>;
  /** Exit code of the process; 0 after it was stopped. */
  readonly ended: Promise<number>;
  stop(): void;
}

/** It was stopped on purpose before it was ready. */
export class Stopped extends Error {}

/** It ends by itself when this process is gone, since it is tied to it by an IPC channel. */
export function startStack(): StackProcess {
  const child = spawn(process.execPath, [serverlessBinary(), "offline", "start", ...LOCAL_OPTIONS], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1" },
  });
  let stopped = false;
  const stop = () => {
    stopped = true;
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), TIME_TO_STOP_MILLISECONDS).unref();
  };
  const ended = whenGone(child).then((code) => (stopped ? 0 : (code ?? 1)));
  return { ready: whenReady(child, ended, () => stopped), ended, stop };
}

/**
 * Exit code of the process, once all that it said has arrived. What it started may outlive it and hold its output
 * open; nobody waits for that.
 */
async function whenGone(child: ChildProcess): Promise<number | null> {
  const closed = once(child, "close");
  const [code] = await once(child, "exit");
  await Promise.race([closed, sleep(LAST_WORDS_MILLISECONDS)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return code;
}

/** What the process says before it is ready is shown only if it fails; afterwards its functions' logs are. */
async function whenReady(
  child: ChildProcess,
  ended: Promise<number>,
  stopped: () => boolean,
): Promise<string> {
  const said: string[] = [];
  const note = (text: Buffer) => said.push(text.toString());
  child.stdout?.on("data", note);
  child.stderr?.on("data", note);
  const failed = ended.then((): never => {
    throw stopped() ? new Stopped() : new Error(reasonIn(said.join("")));
  });
  const endpoint = await Promise.race([awsEndpointOf(child), failed]);
  failed.catch(() => undefined);
  child.stdout?.off("data", note).pipe(process.stdout);
  child.stderr?.off("data", note).pipe(process.stderr);
  return endpoint;
}

function awsEndpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on("message", (message) => {
      if (typeof message !== "object" || !("type" in message) || message.type !== "ready") return;
      if ("awsEndpoint" in message) resolve(String(message.awsEndpoint));
    });
  });
}

/** The one line of the output that says why, else its last words. */
function reasonIn(output: string): string {
  const [, told] = /^gatehouse cannot start: (.+)$/m.exec(output) ?? [];
  if (told?.includes("is damaged")) return `${told}; npm start -- --fresh begins anew`;
  if (told) return told;
  const lines = output.split("\n").filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return `serverless offline ended: ${lines.slice(-3).join(" ") || "it said nothing"}`;
}

function serverlessBinary(): string {
  const manifest = createRequire(import.meta.url).resolve("serverless/package.json");
  return join(dirname(manifest), "bin", "serverless.js");
}
