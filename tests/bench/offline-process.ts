import { type ChildProcess, fork } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ready } from "../../scripts/local-aws/offline/starter.ts";
import type { StackPlace } from "../support/running-stack.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SERVERLESS = join(ROOT, "node_modules", "serverless", "bin", "serverless.js");
const SERVICE = join(import.meta.dirname, "service");
const START_LIMIT_MILLISECONDS = 90_000;

/** `serverless offline` of the bench's small service. */
export interface OfflineProcess {
  /** Base address, stage included. */
  readonly url: string;
  readonly awsEndpoint: string | undefined;
  readonly userPoolId: string | undefined;
  stop(): void;
}

/** The bench's function behind stock serverless-offline, without any checks. */
export function startStock(place: StackPlace): Promise<OfflineProcess> {
  return stockOffline(place, SERVICE, "serverless.stock.yml");
}

/** All of the tenant API's functions behind stock serverless-offline, without the local AWS. */
export async function startStockOfTenantApi(place: StackPlace): Promise<OfflineProcess> {
  const description = readFileSync(join(ROOT, "serverless.yml"), "utf8");
  const withoutLocalAws = description.replace(/^ *- \.\/scripts\/local-aws\/plugin\.ts\n/m, "");
  if (withoutLocalAws === description) throw new Error("serverless.yml does not name the local AWS's plugin");
  // The framework reads a service's description from its own folder and no other.
  const file = ".serverless-stock.yml";
  writeFileSync(join(ROOT, file), withoutLocalAws);
  try {
    return await stockOffline(place, ROOT, file);
  } finally {
    rmSync(join(ROOT, file));
  }
}

async function stockOffline(place: StackPlace, folder: string, config: string): Promise<OfflineProcess> {
  const ports = ["--httpPort", String(place.port), "--lambdaPort", String(place.lambdaPort)];
  // It cannot read the HTTP API's authorizer, whose identity source is the template's.
  const child = startOffline(place, folder, config, [...ports, "--host", "127.0.0.1", "--noAuth"]);
  await new Promise<void>((resolve, reject) => {
    let said = "";
    const fail = (how: string) => {
      clearTimeout(limit);
      child.kill("SIGKILL");
      reject(new Error(`stock serverless-offline ${how}:\n${said}`));
    };
    // A failed start does not end it: its schedules go on.
    const limit = setTimeout(() => fail("was not ready in time"), START_LIMIT_MILLISECONDS);
    child.once("exit", () => fail("ended"));
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text) => {
        said += String(text);
        if (!said.includes(`Server ready: http://127.0.0.1:${place.port}`)) return;
        clearTimeout(limit);
        resolve();
      });
  });
  return {
    url: `http://127.0.0.1:${place.port}/dev`,
    awsEndpoint: undefined,
    userPoolId: undefined,
    stop: stopper(child),
  };
}

/** serverless-offline behind the edge. */
export async function startGated(place: StackPlace): Promise<OfflineProcess> {
  const child = startOffline(place, SERVICE, "serverless.gated.yml", []);
  const { apiUrl, awsEndpoint, userPoolId } = await new Promise<Ready>((resolve, reject) => {
    child.once("exit", () => reject(new Error("serverless-offline behind the edge ended")));
    child.once("message", (message: Ready) => resolve(message));
  });
  return { url: apiUrl, awsEndpoint, userPoolId, stop: stopper(child) };
}

function startOffline(
  place: StackPlace,
  folder: string,
  config: string,
  args: readonly string[],
): ChildProcess {
  const child = fork(SERVERLESS, ["offline", "--config", config, ...args], {
    cwd: folder,
    silent: true,
    env: {
      ...process.env,
      SLS_NOTIFICATIONS_MODE: "off",
      GATEHOUSE_HOME: place.home,
      PORT: String(place.port),
      LOCAL_AWS_PORT: String(place.localAwsPort),
      LAMBDA_PORT: String(place.lambdaPort),
      HTTP_API_PORT: String(place.httpApiPort),
    },
  });
  // Unread pipes would stop it once they are full.
  child.stdout?.resume();
  child.stderr?.resume();
  return child;
}

function stopper(child: ChildProcess): () => void {
  return () => {
    child.removeAllListeners("exit");
    child.kill("SIGKILL");
  };
}
