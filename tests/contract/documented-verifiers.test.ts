import { spawnSync } from "node:child_process";
import { createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { exportSPKI, importSPKI } from "jose";
import { AUDIENCE } from "../../src/domain/messaging/audience.ts";
import { producerOf } from "../../src/domain/messaging/domain-event.ts";
import { EVENT_REFUSALS } from "../../src/domain/messaging/event-refusal.ts";
import { verifySignature } from "../../src/domain/messaging/event-signature.ts";
import { EVENT_TYPES, PRODUCERS } from "../../src/domain/messaging/event-type.ts";
import { readDelivery } from "../../src/domain/messaging/read-delivery.ts";
import type { SealedEvent } from "../../src/domain/messaging/sealed-event.ts";
import { newTenantId } from "../../src/domain/tenancy/tenant-id.ts";
import { document, documented } from "../support/documented.ts";
import { signerInMemory } from "../support/event-keys.ts";
import { delivery, type EventWorld, eventWorld, someEvent } from "../support/event-world.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const HOUR = 3_600_000;
/** Each is a process; that no bit at all can be flipped is tested where it costs none. */
const FLIPS = 6;
/** Debian's and Ubuntu's own, for which they package `cryptography`. */
const PYTHON = process.env.PYTHON ?? "/usr/bin/python3";
const WITHOUT_PYTHON =
  `the verifier for Python in docs/messages.md cannot be run: ${PYTHON} or its package cryptography is missing ` +
  "(Debian and Ubuntu: apt-get install python3-cryptography; another Python: set PYTHON)";

/** Producer → its types, and its public keys by their ids: what the programs are given. */
type Trust = Readonly<Record<string, { types: readonly string[]; keys: Readonly<Record<string, string>> }>>;

const folder = mkdtempSync(join(tmpdir(), "gatehouse-verifiers-"));
afterAll(() => rmSync(folder, { recursive: true }));

let world: EventWorld;
let sealed: SealedEvent;
beforeAll(async () => {
  world = await eventWorld();
  world.clock.now = Date.now();
  sealed = await world.seal(someEvent(1, newTenantId(), Date.now()));
  const trust: Record<string, Trust[string]> = {};
  for (const [producer, { keyId, publicKey }] of Object.entries(world.signers))
    trust[producer] = {
      types: EVENT_TYPES.filter((type) => (type === "hook.received") === (producer === "gatehouse.hooks")),
      keys: { [keyId]: await exportSPKI(publicKey) },
    };
  writeFileSync(join(folder, "keys.json"), JSON.stringify(trust));
  for (const name of ["verify.ts", "verify.py"])
    writeFileSync(join(folder, name), documented(`program: ${name}`));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
});

const text = (delivered: unknown) => (typeof delivered === "string" ? delivered : JSON.stringify(delivered));
const withDetail = (changes: object) => delivery({ ...sealed, ...changes });

function flipped(bit: number): string {
  const bytes = Buffer.from(JSON.stringify(sealed));
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return JSON.stringify(delivery(sealed)).replace(JSON.stringify(sealed), () => bytes.toString());
}

/** Another text of the same 64 bytes: its last character has four bits that many decoders drop. */
function sloppy(signature: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return `${signature.slice(0, -1)}${alphabet[alphabet.indexOf(signature.at(-1) ?? "") ^ 1]}`;
}

function headed(header: object): string {
  const [, , signature] = sealed.signature.split(".");
  return `${Buffer.from(JSON.stringify(header)).toString("base64url")}..${signature}`;
}

/** What is refused, and with which word. */
const REFUSED: Readonly<Record<string, readonly [() => unknown, RegExp]>> = {
  "another tenant": [() => withDetail({ subject: newTenantId() }), /bad-signature|InvalidSignature/],
  "another time": [() => withDetail({ time: "2027-01-01T00:00:00.000Z" }), /bad-signature|InvalidSignature/],
  "a member too many": [() => withDetail({ more: "x" }), /bad-signature|InvalidSignature/],
  "no subject": [() => withDetail({ subject: undefined }), /bad-signature|InvalidSignature/],
  "no signature": [() => withDetail({ signature: undefined }), /Error/],
  "an unknown producer": [
    () => delivery({ ...sealed, source: "gatehouse.other" as never }),
    /unknown-producer/,
  ],
  "another's type": [() => delivery({ ...sealed, type: "hook.received" }), /foreign-type/],
  "another type on the bus": [
    () => delivery(sealed, { "detail-type": "flight.created" }),
    /mismatched-source/,
  ],
  "another source on the bus": [() => delivery(sealed, { source: "gatehouse.hooks" }), /mismatched-source/],
  "the same signature in another text": [
    () => withDetail({ signature: sloppy(sealed.signature) }),
    /bad-signature/,
  ],
  "a padded signature": [() => withDetail({ signature: `${sealed.signature}==` }), /bad-signature/],
  "a signature of four parts": [
    () => withDetail({ signature: `${sealed.signature}.x` }),
    /bad-signature|ValueError/,
  ],
  "no algorithm": [
    () => withDetail({ signature: headed({ alg: "none", kid: "key/airline", typ: "cloudevents+json" }) }),
    /bad-signature/,
  ],
  "a key in the header": [
    () =>
      withDetail({
        signature: headed({ alg: "ES256", kid: "key/airline", typ: "cloudevents+json", jwk: {} }),
      }),
    /bad-signature/,
  ],
  "no JSON": [() => "{", /Error/],
};

const SIGNED_ELSEWHERE: Readonly<Record<string, readonly [() => Promise<SealedEvent>, RegExp]>> = {
  "an unknown key": [
    async () => world.seal(ownEvent(), { signer: await signerInMemory("key/x") }),
    /unknown-signer/,
  ],
  "another key of a trusted id": [
    async () => world.seal(ownEvent(), { signer: await signerInMemory("key/airline") }),
    /bad-signature|InvalidSignature/,
  ],
  "another producer's key": [
    () => world.seal(ownEvent(), { signer: world.signers["gatehouse.hooks"] }),
    /foreign-signer/,
  ],
  "the right key 97 hours ago": [() => world.seal(ownEvent(), { at: Date.now() - 97 * HOUR }), /stale/],
  "the right key, but in the future": [() => world.seal(ownEvent(), { at: Date.now() + HOUR }), /stale/],
};
const ownEvent = () => someEvent(0, newTenantId(), Date.now());

function describeProgram(name: string, command: string) {
  const run = (delivered: unknown) => {
    const { status, stdout, stderr } = spawnSync(command, [join(folder, name), join(folder, "keys.json")], {
      input: text(delivered),
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };
  const expectRefusal = (delivered: unknown, word: RegExp) => {
    const { status, stdout, stderr } = run(delivered);
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(word),
    });
  };

  describe(`${name} in the document`, () => {
    it("is a program of 30 lines at the most", () => {
      expect(documented(`program: ${name}`).trimEnd().split("\n").length).toBeLessThanOrEqual(30);
    });

    it("prints an event of each producer without its signature, whatever EventBridge adds", async () => {
      for (const kind of [1, 2]) {
        const fresh = await world.seal(someEvent(kind, newTenantId(), Date.now()));
        const { signature: _signature, ...event } = fresh;
        const { status, stdout, stderr } = run(delivery(fresh, { id: "another", region: "moon", extra: 1 }));
        expect({ status, stderr, event: JSON.parse(stdout || "null") }).toEqual({
          status: 0,
          stderr: "",
          event,
        });
      }
    });

    it.each(Object.entries(REFUSED))("refuses one with %s", (_what, [make, word]) => {
      expectRefusal(make(), word);
    });

    it.each(Object.entries(SIGNED_ELSEWHERE))(
      "refuses one that was signed with %s",
      async (_what, [make, word]) => {
        expectRefusal(delivery(await make()), word);
      },
    );

    it("refuses one in which any bit is flipped", () => {
      const bits = Buffer.byteLength(JSON.stringify(sealed)) * 8;
      for (let at = 0; at < FLIPS; at += 1)
        expectRefusal(flipped(Math.floor(((at + Math.random()) * bits) / FLIPS)), /./);
    });
  });
}

describeProgram("verify.ts", process.execPath);

const hasPython = spawnSync(PYTHON, ["-c", "import cryptography"]).status === 0;
if (hasPython) describeProgram("verify.py", PYTHON);
else if (process.env.CI)
  it("verify.py in the document is run", () => {
    throw new Error(WITHOUT_PYTHON);
  });
else {
  process.stderr.write(`\nSKIPPED: ${WITHOUT_PYTHON}. With CI set this fails.\n\n`);
  it.skip(`verify.py in the document is run: ${WITHOUT_PYTHON}`, () => undefined);
}

describe("the document", () => {
  const rows = document()
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it.each(EVENT_TYPES)("says who sends %s, and who may read it", (type) => {
    const row = rows.find(([, types = ""]) => types.split(", ").includes(`\`${type}\``));
    const readers = AUDIENCE[type].map((consumer) => `\`${consumer}\``).join(", ");
    expect(row?.slice(2, 4)).toEqual([`\`${producerOf(type)}\``, readers]);
  });

  it("gives the reasons in the order in which the checks are made", () => {
    const given = rows.flatMap((row) => (/^\d+$/.test(row[1] ?? "") ? [row[3]] : []));
    // What is too large is refused by its producer.
    const reasons = EVENT_REFUSALS.filter((reason) => reason !== "too-large");
    expect(given).toEqual(reasons.map((reason) => `\`${reason}\``));
  });
});

describe("the data", () => {
  it("is decrypted by the steps of the document, with nothing of ours", async () => {
    const secret = randomBytes(32);
    const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt"]);
    const wrapped = [{ keyId: "key/audit", encryptedKey: randomBytes(8) }];
    const event = someEvent(1, newTenantId());
    const { data, ...own } = await world.seal(event, { keys: { current: async () => ({ key, wrapped }) } });

    const context = { id: own.id, source: own.source, subject: own.subject, type: own.type };
    expect(Buffer.from(data.aad, "base64url").toString()).toBe(JSON.stringify(context));
    expect(Buffer.from(data.protected, "base64url").toString()).toBe('{"enc":"A256GCM"}');
    const decipher = createDecipheriv("aes-256-gcm", secret, Buffer.from(data.iv, "base64url"));
    decipher.setAuthTag(Buffer.from(data.tag, "base64url"));
    decipher.setAAD(Buffer.from(`${data.protected}.${data.aad}`));
    const text = Buffer.concat([decipher.update(data.ciphertext, "base64url"), decipher.final()]).toString();
    expect(JSON.parse(text)).toEqual(event.data);
  });
});

describe("the example in the document", () => {
  it("is an event of today's form, signed with the key in the example of keys", async () => {
    const trust: Trust = JSON.parse(documented("example: keys"));
    const event = readDelivery(JSON.parse(documented("example: event")));
    const keysOf = (producer: string) => Object.keys(trust[producer]?.keys ?? {});
    const trusted = {
      "gatehouse.airline": keysOf("gatehouse.airline"),
      "gatehouse.hooks": keysOf("gatehouse.hooks"),
    };
    const all = Object.assign({}, ...Object.values(trust).map(({ keys }) => keys));
    await verifySignature(event, trusted, { of: (keyId) => importSPKI(all[keyId], "ES256") });
    for (const producer of ["gatehouse.airline", "gatehouse.hooks"] as const)
      expect(trust[producer]?.types).toEqual(PRODUCERS[producer]);
  });
});
