import { DecryptCommand } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { hookSourcesOf } from "../../src/aws/dynamodb/hook-sources.ts";
import { sealHookSecret } from "../../src/aws/kms/hook-secrets.ts";
import type { VerifiedTenant } from "../../src/domain/access/verified-tenant.ts";
import {
  type HookScheme,
  type HookSource,
  isSourceName,
  MOST_SOURCES,
  sealingContext,
} from "../../src/domain/hooks/hook-source.ts";
import { putHookSource } from "../../src/domain/hooks/put-hook-source.ts";
import { someTenant } from "../support/in-process-aws.ts";
import { newSecret } from "../unit/hooks/signed-messages.ts";
import { startHooksStack } from "./support/hooks-stack.ts";

let stack: Awaited<ReturnType<typeof startHooksStack>>;
let tenant: VerifiedTenant;
beforeAll(async () => {
  stack = await startHooksStack();
  stack.actAs("ManageHookSources");
});
afterAll(() => stack.close());
beforeEach(() => {
  tenant = someTenant();
});

interface Wanted {
  readonly scheme: HookScheme;
  readonly secret?: string;
  readonly overlapSeconds?: number;
}

function named(name: string) {
  if (!isSourceName(name)) throw new Error(`${name} is no source's name`);
  return name;
}

const put = (name: string, wanted: Wanted, now?: number) => {
  const ports = { sources: hookSourcesOf(tenant), seal: sealHookSecret };
  return putHookSource(ports, tenant, named(name), wanted, now);
};

/** What the receiving function makes of a sealed secret. */
async function opened({ tenantId, source }: HookSource, sealed = ""): Promise<string> {
  const { Plaintext = new Uint8Array() } = await stack.kmsOf("ReceiveHook").send(
    new DecryptCommand({
      CiphertextBlob: Buffer.from(sealed, "base64"),
      EncryptionContext: sealingContext({ tenantId, source }),
    }),
  );
  return Buffer.from(Plaintext).toString();
}

describe("a source is not put", () => {
  it("with a secret that does not fit its scheme, or without one that only the third party has", async () => {
    for (const [scheme, secret] of [
      ["standard-webhooks", "a-secret-of-one-s-own-making"],
      ["standard-webhooks", `whsec_${Buffer.alloc(23).toString("base64")}`],
      ["standard-webhooks", `whsec_${Buffer.alloc(65).toString("base64")}`],
      ["standard-webhooks", `whsec_${Buffer.alloc(24).toString("base64")}=`],
      ["github", "fifteen-letters"],
      ["github", "with a space in between"],
      ["stripe", `whsec_${"x".repeat(300)}`],
      ["github", undefined],
      ["stripe", undefined],
    ] as const)
      await expect(put("partner", { scheme, ...(secret && { secret }) })).rejects.toMatchObject({
        code: "invalid",
        findings: [{ pointer: "#/secret" }],
      });
    expect(await hookSourcesOf(tenant).list()).toEqual([]);
  });

  it("under another scheme than it has", async () => {
    await put("partner", { scheme: "standard-webhooks" });
    await expect(put("partner", { scheme: "github", secret: newSecret("github") })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("with a third secret while two verify, but where the older ones are to be void", async () => {
    await put("partner", { scheme: "standard-webhooks" });
    await put("partner", { scheme: "standard-webhooks", overlapSeconds: 60 });
    await expect(put("partner", { scheme: "standard-webhooks" })).rejects.toMatchObject({ code: "conflict" });
    const { source } = await put("partner", { scheme: "standard-webhooks", overlapSeconds: 0 });
    expect(source.secrets).toHaveLength(1);
    await put("partner", { scheme: "standard-webhooks", overlapSeconds: 60 });
    const afterwards = await put("partner", { scheme: "standard-webhooks" }, Date.now() + 61_000);
    expect(afterwards.source.secrets).toHaveLength(2);
  });

  it(`when there are ${MOST_SOURCES}, also when many are put at once, and is again when one is deleted`, async () => {
    const wanted: Wanted = { scheme: "standard-webhooks" };
    for (let count = 0; count < MOST_SOURCES - 2; count += 1) await put(`source-${count}`, wanted);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, count) => put(`late-${count}`, wanted)),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(await hookSourcesOf(tenant).list()).toHaveLength(MOST_SOURCES);
    await expect(put("one-more", wanted)).rejects.toMatchObject({ code: "conflict" });
    expect(await hookSourcesOf(tenant).remove(named("source-0"))).toBe(true);
    expect(await hookSourcesOf(tenant).remove(named("source-0"))).toBe(false);
    await put("one-more", wanted);
    await expect(put("two-more", wanted)).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("a source", () => {
  it("keeps its address while it is given another secret, and the one before for the overlap", async () => {
    const [first, second] = [newSecret("github"), newSecret("github")];
    const before = await put("partner", { scheme: "github", secret: first });
    const after = await put("partner", { scheme: "github", secret: second, overlapSeconds: 60 });
    expect([after.source.handle, after.source.version, after.shown]).toEqual([
      before.source.handle,
      2,
      undefined,
    ]);
    const [stored] = await hookSourcesOf(tenant).list();
    if (!stored) throw new Error("the source is not there");
    const secrets = await Promise.all(stored.secrets.map(({ sealed }) => opened(stored, sealed)));
    expect(secrets).toEqual([second, first]);
    const [newest, older] = stored.secrets;
    expect(newest?.expiresAt).toBeUndefined();
    expect(Date.parse(older?.expiresAt ?? "") - Date.now()).toBeLessThanOrEqual(60_000);
  });

  it("is given a secret of Standard Webhooks, shown once, and what lies in the table does not show it", async () => {
    const { source, shown = "" } = await put("partner", { scheme: "standard-webhooks" });
    expect(shown).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await opened(source, source.secrets[0]?.sealed)).toBe(shown);
    expect(JSON.stringify(await stack.itemsOf("control"))).not.toContain(shown.slice(6));
  });

  it("has an address that is no other's, also when it was deleted and put again", async () => {
    const made = new Set<string>();
    for (let count = 0; count < 5; count += 1) {
      made.add((await put("partner", { scheme: "standard-webhooks" })).source.handle);
      await hookSourcesOf(tenant).remove(named("partner"));
    }
    expect(made.size).toBe(5);
    for (const handle of made) expect(handle).not.toContain(tenant.tenantId.slice(4));
  });

  it("may be called like another item of the table", async () => {
    for (const name of ["tenant", "count", "client", "due", "label"])
      expect((await put(name, { scheme: "standard-webhooks" })).source.version).toBe(1);
    expect(await hookSourcesOf(tenant).list()).toHaveLength(5);
  });
});
