import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** Credentials of a demo tenant; they exist only on the local stack. */
export interface DemoCredentials {
  readonly slug: string;
  readonly tenantId: string;
  readonly plan: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiKey: string;
  /** As they stand in a token, `airline/flights.read`. */
  readonly scopes: readonly string[];
}

/** One of the demo's people; they exist only on the local stack. */
export interface DemoOperator {
  readonly username: string;
  readonly password: string;
  readonly groups: readonly string[];
}

/** `.gatehouse/demo.json`: where the local stack is and how to call it. */
export interface DemoFile {
  readonly apiUrl: string;
  /** For cheap reading: flights, with a token and no key. */
  readonly httpApiUrl: string;
  readonly tokenUrl: string;
  readonly awsEndpoint: string;
  readonly region: string;
  readonly userPoolId: string;
  readonly tenants: readonly DemoCredentials[];
  /** The app client by which the operators sign in. */
  readonly operatorClientId: string;
  readonly operators: readonly DemoOperator[];
}

/** Undefined when there is none, or none that can be read. */
export function readDemoFile(file: string): DemoFile | undefined {
  try {
    const demo: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isDemoFile(demo) ? demo : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the file at once, readable by its owner alone. */
export function writeDemoFile(file: string, demo: DemoFile): void {
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

function isDemoFile(value: unknown): value is DemoFile {
  if (typeof value !== "object" || value === null) return false;
  const demo: Partial<Record<keyof DemoFile, unknown>> = value;
  const { apiUrl, httpApiUrl, tokenUrl, awsEndpoint, region, userPoolId, operatorClientId } = demo;
  const texts = [apiUrl, httpApiUrl, tokenUrl, awsEndpoint, region, userPoolId, operatorClientId];
  return (
    texts.every((text) => typeof text === "string") &&
    Array.isArray(demo.tenants) &&
    demo.tenants.every(isCredentials) &&
    Array.isArray(demo.operators) &&
    demo.operators.every(isOperator)
  );
}

function isCredentials(value: unknown): value is DemoCredentials {
  if (typeof value !== "object" || value === null) return false;
  const { slug, tenantId, plan, clientId, clientSecret, apiKey, scopes }: Partial<Record<string, unknown>> = {
    ...value,
  };
  return (
    [slug, tenantId, plan, clientId, clientSecret, apiKey].every((text) => typeof text === "string") &&
    Array.isArray(scopes)
  );
}

function isOperator(value: unknown): value is DemoOperator {
  if (typeof value !== "object" || value === null) return false;
  const { username, password, groups }: Partial<Record<keyof DemoOperator, unknown>> = value;
  return typeof username === "string" && typeof password === "string" && Array.isArray(groups);
}
