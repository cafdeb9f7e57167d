import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository. */
export const ROOT = join(import.meta.dirname, "..", "..");
/** Folder of the local stack's state, credentials and logs. */
export const GATEHOUSE_FOLDER = process.env.GATEHOUSE_HOME || join(ROOT, ".gatehouse");
export const DEMO_FILE = join(GATEHOUSE_FOLDER, "demo.json");

export const LOCAL_STAGE = "dev";
export const LOCAL_REGION = "us-east-1";
const DEFAULT_AWS_PORT = 4566;

/**
 * Points the SDK of this process at the local AWS, with credentials that are the local account's. It must
 * be called before any client is made.
 */
export function useLocalAws(endpoint: string): void {
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: "LOCALOPERATOR",
    AWS_SECRET_ACCESS_KEY: "local",
    // The operator's own profiles have no say here.
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_CONFIG_FILE: "/dev/null",
  });
}

/** Where the local AWS listens: `LOCAL_AWS_PORT`, else where `npm start` last said, else the default port. */
export function localAwsEndpoint(): string {
  const port = process.env.LOCAL_AWS_PORT;
  if (port) return `http://127.0.0.1:${port}`;
  return endpointOfDemoFile() ?? `http://127.0.0.1:${DEFAULT_AWS_PORT}`;
}

function endpointOfDemoFile(): string | undefined {
  try {
    const demo: unknown = JSON.parse(readFileSync(DEMO_FILE, "utf8"));
    if (typeof demo !== "object" || demo === null || !("awsEndpoint" in demo)) return undefined;
    return typeof demo.awsEndpoint === "string" ? demo.awsEndpoint : undefined;
  } catch {
    // Absent or damaged: npm start writes it anew.
    return undefined;
  }
}
