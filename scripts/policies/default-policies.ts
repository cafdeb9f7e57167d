import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { PolicyStore } from "../../src/aws/dynamodb/policy-store.ts";
import { acceptPolicy } from "../../src/domain/access/policy-lint.ts";
import type { Actor } from "../../src/domain/audit.ts";
import { ROOT } from "../stage/local-environment.ts";

const FOLDER = join(ROOT, "resources", "policies");

/** The policies that the repository brings along, by group: `resources/policies/<group>.json`. */
function defaultPolicies(): ReadonlyMap<string, unknown> {
  return new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith(".json"))
      .map((file) => [basename(file, ".json"), JSON.parse(readFileSync(join(FOLDER, file), "utf8"))]),
  );
}

/** Puts the default policy of every group that has none, and tells which. What is there is kept. */
export async function putMissingDefaults(
  store: PolicyStore,
  { stageArn, actor }: { readonly stageArn: string; readonly actor: Actor },
): Promise<string[]> {
  const put: string[] = [];
  for (const [group, document] of defaultPolicies()) {
    if (await store.find(group)) continue;
    await store.put(group, acceptPolicy(document, stageArn), { actor, expected: undefined });
    put.push(group);
  }
  return put;
}
