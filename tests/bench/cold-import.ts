import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { atMost, type Measurement, median } from "./measurement.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PROCESSES = 15;

/** The bundle that the tenant API's functions are held against: a DynamoDB document client and nothing else. */
const BASELINE = `
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
export const handler = () => client.send(new GetCommand({ TableName: "t", Key: { pk: "k" } }));
`;

/** How long a function's bundle takes to be loaded by a new process. */
export async function measureColdImport(): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  try {
    const baseline = join(folder, "baseline.mjs");
    const endpoint = join(folder, "endpoint.mjs");
    await bundle({ stdin: { contents: BASELINE, resolveDir: ROOT } }, baseline);
    await bundle({ entryPoints: [join(ROOT, "src/functions/tenant-api/create-flight.ts")] }, endpoint);
    const [ours, theirs] = importSideBySide(folder, endpoint, baseline);
    return [
      atMost(
        "cold import of a tenant-API bundle / bundle with the document client",
        "ms",
        ours,
        theirs,
        1.25,
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `serverless.yml` bundles functions. */
async function bundle(input: Parameters<typeof build>[0], outfile: string): Promise<void> {
  await build({
    ...input,
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
}

function importSideBySide(folder: string, first: string, second: string): [number, number] {
  const script = join(folder, "time.mjs");
  writeFileSync(
    script,
    "const begun = performance.now(); await import(process.argv[2]); console.log(performance.now() - begun);",
  );
  const time = (file: string) =>
    Number(execFileSync(process.execPath, [script, file], { env: environment() }));
  const samples: [number[], number[]] = [[], []];
  for (let run = 0; run < PROCESSES; run += 1) {
    samples[0].push(time(first));
    samples[1].push(time(second));
  }
  return [median(samples[0]), median(samples[1])];
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    AWS_REGION: "us-east-1",
    ISSUER_POOL_ID: "us-east-1_x",
    JWKS_URI: "http://127.0.0.1",
  };
}
