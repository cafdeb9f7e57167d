import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { Command } from "../support/command.ts";
import { useLocalAws } from "../support/operator.ts";
import { freshPlace, RunningStack, removePlace } from "../support/running-stack.ts";
import { compiledStack } from "../support/template.ts";

const LIMIT_MILLISECONDS = 120_000;

/** Of its own: to mend is to change whatever differs, of everybody. */
let stack: RunningStack;
beforeAll(async () => {
  stack = await RunningStack.start(await freshPlace());
}, LIMIT_MILLISECONDS);
afterAll(async () => {
  await stack.stop();
  removePlace(stack.place);
});

const reconcile = (...args: string[]) => Command.run(stack.place, "tenants.ts", ...args);

/** A slug that points to a tenant which there is not. */
async function plantSlug(): Promise<{ slug: string; tenantId: string }> {
  useLocalAws(stack.demo);
  const [slug, tenantId] = [`orphan-${process.pid}`, newTenantId()];
  const Item = { pk: `slug#${slug}`, sk: "slug", tenantId };
  await DynamoDBDocumentClient.from(new DynamoDBClient({})).send(
    new PutCommand({ TableName: compiledStack().ref("ControlTable"), Item }),
  );
  return { slug, tenantId };
}

describe("npm run tenants -- reconcile", () => {
  it(
    "names an orphan and ends with 1; with --fix it asks, and then mends it",
    async () => {
      const { slug, tenantId } = await plantSlug();
      const orphan = { kind: "slug-dangling", thing: slug, tenantId };

      const looked = await reconcile("--json", "reconcile");
      expect(looked.code).toBe(1);
      expect(JSON.parse(looked.stdout).differences).toContainEqual(
        expect.objectContaining({ ...orphan, mend: "set it free", outcome: "found" }),
      );
      expect(looked.stderr).toContain("… the app clients");

      expect(await reconcile("reconcile", "--fix")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("say --yes to do it"),
      });

      const mended = await reconcile("--json", "reconcile", "--fix", "--yes", "--no-data");
      expect(JSON.parse(mended.stdout).differences).toContainEqual(
        expect.objectContaining({ ...orphan, outcome: "mended" }),
      );
      const again = await reconcile("reconcile", "--no-data");
      expect(again.stdout).not.toContain(slug);
    },
    LIMIT_MILLISECONDS,
  );
});
