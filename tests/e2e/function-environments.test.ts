import { join } from "node:path";
import { beforeAll, expect, it, jest } from "@jest/globals";
import { build } from "esbuild";
import type { Stack, StackResource } from "../../scripts/local-aws/kernel/stack.ts";
import { config } from "../../src/config.ts";
import { compiledStack } from "../support/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");

let stack: Stack;
let functions: StackResource[];
let code: ReadonlyMap<string, string>;

/** Bundles all functions without the packages that they use, so that what is left of each is what it can run. */
beforeAll(async () => {
  stack = compiledStack();
  functions = stack.resources("AWS::Lambda::Function").filter(({ properties }) => properties.Handler);
  const bundled = functions.filter(({ properties }) => String(properties.Handler).startsWith("src/"));
  const { outputFiles } = await build({
    entryPoints: bundled.map(({ logicalId, properties }) => ({
      in: join(ROOT, String(properties.Handler).replace(/\.\w+$/, ".ts")),
      out: logicalId,
    })),
    outdir: ROOT,
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "silent",
  });
  code = new Map(outputFiles.map(({ path, text }) => [path.slice(ROOT.length + 1, -".js".length), text]));
});

/** The environment variable that each value of the configuration comes out of. */
function variables(): ReadonlyMap<string, string> {
  const environment = jest.replaceProperty(process, "env", {});
  const named = Object.entries(config).map(([name, read]): [string, string] => {
    try {
      read();
    } catch (error) {
      return [name, / variable (\w+) is not set/.exec(String(error))?.[1] ?? name];
    }
    throw new Error(`${name} needs no environment`);
  });
  environment.restore();
  return new Map(named);
}

/** Modules that write are also in the bundles of functions that only read, and whose role lets them do no more. */
function mayTell({ properties }: StackResource): boolean {
  const own = stack.resources("AWS::IAM::Role").filter(({ logicalId }) => {
    const name = `${String(properties.Role).split("/").at(-1)}`;
    const of = stack.ref(logicalId);
    return of === name || of === name.replace(/Role$/, "TenantRole");
  });
  return JSON.stringify(own).includes("table/gatehouse-dev-outbox");
}

it("every function has the environment variables that its code may ask for", () => {
  const names = variables();
  const lacking = functions.flatMap((fn) => {
    const { Environment } = fn.properties as { Environment?: { Variables?: Record<string, unknown> } };
    const asked = new Set(
      code
        .get(fn.logicalId)
        ?.matchAll(/\bconfig\d*\.(\w+)\b/g)
        .map(([, name]) => name),
    );
    return [...asked]
      .map((name) => names.get(name ?? ""))
      .filter((name) => name !== undefined && !(name in (Environment?.Variables ?? {})))
      .filter((name) => name !== "OUTBOX_TABLE" || mayTell(fn))
      .map((name) => `${fn.logicalId} ${name}`);
  });
  expect(code.size).toBeGreaterThan(30);
  expect(lacking).toEqual([]);
});
