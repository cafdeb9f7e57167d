import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HOOK_SCHEMES, type HookScheme } from "../../../src/domain/hooks/hook-source.ts";
import type { Proof, SignedMessage } from "../../../src/domain/hooks/signed-message.ts";
import { apparentScheme, VERIFY } from "../../../src/domain/hooks/verify-hook.ts";
import { messageOf, NOW, newSecret, signedHeaders, signedMessage } from "./signed-messages.ts";

const SIGNATURE: Readonly<Record<HookScheme, string>> = {
  "standard-webhooks": "webhook-signature",
  github: "x-hub-signature-256",
  stripe: "stripe-signature",
};
const TIMED = ["standard-webhooks", "stripe"] as const;
const TOLERANCE = 300_000;

const verify = (
  scheme: HookScheme,
  message: SignedMessage,
  secrets: readonly string[],
  now = NOW,
): Proof | undefined => VERIFY[scheme](message, secrets, now);

const plain = ({ headers }: SignedMessage): Record<string, string> =>
  Object.fromEntries([...headers].map(([name, [value = ""]]) => [name, value]));

const withHeader = (message: SignedMessage, name: string, value: string | readonly string[] | undefined) => {
  const { [name]: _replaced, ...others } = plain(message);
  return messageOf({ ...others, ...(value !== undefined && { [name]: value }) }, message.body);
};

/** The text with one bit of one of its characters another. */
function flipped(text: string, bit: number): string {
  const bytes = Buffer.from(text, "latin1");
  const at = (bit >> 3) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  return bytes.toString("latin1");
}

describe.each(HOOK_SCHEMES)("a message signed by %s is refused", (scheme) => {
  const secret = newSecret(scheme);

  it("under another's secret, and under none", async () => {
    const message = await signedMessage(scheme, secret);
    expect(verify(scheme, message, [newSecret(scheme)])).toBeUndefined();
    expect(verify(scheme, message, [])).toBeUndefined();
    expect(verify(scheme, message, [newSecret(scheme), secret])).toBeDefined();
  });

  it("with any bit of its body flipped, with a byte more, and with one less", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.nat(), async (body, bit) => {
        const headers = await signedHeaders(scheme, secret, { body });
        const bytes = Buffer.from(body);
        expect(verify(scheme, messageOf(headers, bytes), [secret])).toBeDefined();
        const changed = Buffer.from(bytes);
        const at = (bit >> 3) % bytes.length;
        changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
        for (const other of [changed, Buffer.concat([bytes, Buffer.of(bit & 255)]), bytes.subarray(1)])
          expect(verify(scheme, messageOf(headers, other), [secret])).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it("with any bit of a header flipped, but for GitHub's id, which it does not sign", async () => {
    const message = await signedMessage(scheme, secret);
    for (const [name, value] of Object.entries(plain(message))) {
      if (name === "x-github-delivery") continue;
      for (let bit = 0; bit < value.length * 8; bit += 1)
        expect([name, bit, verify(scheme, withHeader(message, name, flipped(value, bit)), [secret])]).toEqual(
          [name, bit, undefined],
        );
    }
  });

  it("with a header cut off anywhere, left out, or come twice", async () => {
    const message = await signedMessage(scheme, secret);
    for (const [name, value] of Object.entries(plain(message))) {
      const refused = (given: string | readonly string[] | undefined) =>
        expect([name, given, verify(scheme, withHeader(message, name, given), [secret])]).toEqual([
          name,
          given,
          undefined,
        ]);
      refused(undefined);
      refused([value, value]);
      refused([value, "x"]);
      refused("");
      if (name !== "x-github-delivery")
        for (let end = 0; end < value.length; end += 1) refused(value.slice(0, end));
    }
  });

  it("with a signature in another spelling: case, white space, or with something after it", async () => {
    const message = await signedMessage(scheme, secret);
    const name = SIGNATURE[scheme];
    const value = plain(message)[name] ?? "";
    for (const given of [
      value.toUpperCase(),
      value.replace("=", " = "),
      `${value}x`,
      `${value}=`,
      `${value}\n`,
    ])
      expect([given, verify(scheme, withHeader(message, name, given), [secret])]).toEqual([given, undefined]);
  });

  it("when what is there is any header at all and no signature", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, signature) => {
        const headers = {
          "webhook-id": id,
          "webhook-timestamp": String(NOW / 1000),
          "x-github-delivery": id,
          [SIGNATURE[scheme]]: signature,
        };
        expect(verify(scheme, messageOf(headers, "{}"), [secret])).toBeUndefined();
      }),
    );
  });
});

describe.each(TIMED)("a message signed by %s is of its time", (scheme) => {
  const secret = newSecret(scheme);

  it.each([
    [-TOLERANCE - 1000, false],
    [-TOLERANCE, true],
    [TOLERANCE, true],
    [TOLERANCE + 1000, false],
  ])("signed %i ms from now: taken is %s", async (distance, taken) => {
    const message = await signedMessage(scheme, secret, { at: NOW + distance });
    expect(verify(scheme, message, [secret]) !== undefined).toBe(taken);
  });

  it("and its time is written in one way", async () => {
    const seconds = String(NOW / 1000);
    for (const time of [
      `0${seconds}`,
      `+${seconds}`,
      `${seconds}.0`,
      `${seconds}x`,
      ` ${seconds}`,
      "1e9",
      "-1",
      "",
    ]) {
      const signed = (prefix: string, key: string | Buffer, encoding: "hex" | "base64") =>
        createHmac("sha256", key).update(`${prefix}${time}.{}`).digest(encoding);
      const headers =
        scheme === "stripe"
          ? { "stripe-signature": `t=${time},v1=${signed("", secret, "hex")}` }
          : {
              "webhook-id": "msg_1",
              "webhook-timestamp": time,
              "webhook-signature": `v1,${signed("msg_1.", Buffer.from(secret.slice(6), "base64"), "base64")}`,
            };
      expect([time, verify(scheme, messageOf(headers, "{}"), [secret])]).toEqual([time, undefined]);
    }
  });
});

describe("several signatures", () => {
  const [old, current] = [newSecret("standard-webhooks"), newSecret("standard-webhooks")];

  it("of Standard Webhooks: one right one is enough, whatever the others are", async () => {
    const message = await signedMessage("standard-webhooks", current);
    const right = plain(message)["webhook-signature"] ?? "";
    const wrong = plain(await signedMessage("standard-webhooks", old))["webhook-signature"] ?? "";
    for (const given of [`${wrong} ${right}`, `${right} ${wrong}`, `v1a,abc ${right}`, `${right} v2,`])
      expect(
        verify("standard-webhooks", withHeader(message, "webhook-signature", given), [current]),
      ).toBeDefined();
    for (const given of [`${wrong} ${wrong}`, right.replace("v1,", "v1a,"), `${right.replace("v1,", "v2,")}`])
      expect(
        verify("standard-webhooks", withHeader(message, "webhook-signature", given), [current]),
      ).toBeUndefined();
  });

  it("of Stripe: in any order, its test scheme v0 proves nothing, and two times are none", async () => {
    const message = await signedMessage("stripe", current);
    const [time = "", right = ""] = (plain(message)["stripe-signature"] ?? "").split(",");
    const wrong = right.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const check = (given: string) =>
      verify("stripe", withHeader(message, "stripe-signature", given), [current]) !== undefined;
    for (const given of [
      `${right},${time}`,
      `${time},${wrong},${right}`,
      `v1=,${right},${time}`,
      `${time},v0=abc,${right}`,
    ])
      expect([given, check(given)]).toEqual([given, true]);
    for (const given of [
      `${time},${right.replace("v1", "v0")}`,
      `${time},${time},${right}`,
      `t=1,${time},${right}`,
      `${time}`,
      `${right}`,
      `${time};${right}`,
      `${time}, ${right}`,
    ])
      expect([given, check(given)]).toEqual([given, false]);
  });

  it.each(TIMED)("of %s are no more than ten, which are all that is worked on", async (scheme) => {
    const message = await signedMessage(scheme, current);
    const name = SIGNATURE[scheme];
    const value = plain(message)[name] ?? "";
    const [more, separator] = scheme === "stripe" ? ["v1=00", ","] : ["v1,00", " "];
    const given = (count: number) => [value, ...Array<string>(count).fill(more)].join(separator);
    expect(verify(scheme, withHeader(message, name, given(9)), [current])).toBeDefined();
    expect(verify(scheme, withHeader(message, name, given(10)), [current])).toBeUndefined();
  });
});

describe("what a message is remembered by", () => {
  const secrets = {
    github: newSecret("github"),
    stripe: newSecret("stripe"),
    standard: newSecret("standard-webhooks"),
  };
  const EVENT = JSON.stringify({ id: "evt_1", object: "event" });

  it("of GitHub is its body, under whatever id it comes again and whichever secret has signed it", async () => {
    const other = newSecret("github");
    const proofs = [
      verify("github", await signedMessage("github", secrets.github, { id: "first" }), [secrets.github]),
      verify("github", await signedMessage("github", secrets.github, { id: "second" }), [secrets.github]),
      verify("github", await signedMessage("github", other, { id: "third" }), [secrets.github, other]),
    ];
    expect(proofs.map((proof) => proof?.messageId)).toEqual(["first", "second", "third"]);
    expect(new Set(proofs.map((proof) => proof?.replayKey)).size).toBe(1);
    const another = await signedMessage("github", secrets.github, { id: "first", body: "{ }" });
    expect(verify("github", another, [secrets.github])?.replayKey).not.toBe(proofs[0]?.replayKey);
  });

  it("of Standard Webhooks is its id, when it is sent again later as well", async () => {
    const proofOf = async (id: string, at: number) =>
      verify(
        "standard-webhooks",
        await signedMessage("standard-webhooks", secrets.standard, { id, at }),
        [secrets.standard],
        at,
      );
    const first = await proofOf("msg_1", NOW);
    expect(first?.messageId).toBe("msg_1");
    expect(await proofOf("msg_1", NOW + 3_600_000)).toEqual(first);
    expect((await proofOf("msg_2", NOW))?.replayKey).not.toBe(first?.replayKey);
  });

  it("of Stripe is the event's id, when it is sent again later as well; of another body, time and body", async () => {
    const proofOf = async (body: string, at: number) =>
      verify("stripe", await signedMessage("stripe", secrets.stripe, { body, at }), [secrets.stripe], at);
    const first = await proofOf(EVENT, NOW);
    expect(first?.messageId).toBe("evt_1");
    expect(await proofOf(EVENT, NOW + 60_000)).toEqual(first);
    for (const body of ['{"id":"cus_1"}', '{"id":7,"object":"event"}', "[]", "null", "text", ""]) {
      const [one, again, later] = [
        await proofOf(body, NOW),
        await proofOf(body, NOW),
        await proofOf(body, NOW + 1000),
      ];
      expect(one?.replayKey).toMatch(/^[0-9a-f]{64}$/);
      expect(again).toEqual(one);
      expect(later?.replayKey).not.toBe(one?.replayKey);
    }
  });
});

it.each(HOOK_SCHEMES)(
  "a message for nobody that looks like one of %s is verified like one",
  async (scheme) => {
    expect(apparentScheme(await signedMessage(scheme, newSecret(scheme)))).toBe(scheme);
  },
);

it("a message whose bytes are not UTF-8 is verified by its very bytes", () => {
  const secret = newSecret("github");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const body = Buffer.from(bytes);
      const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
      const headers = { "x-hub-signature-256": signature, "x-github-delivery": "d" };
      expect(verify("github", messageOf(headers, body), [secret])).toBeDefined();
    }),
  );
});

it("an id that could be cut elsewhere is no id: the full stop separates it from the time", async () => {
  const secret = newSecret("standard-webhooks");
  const body = `${NOW / 1000}.{}`;
  const shifted = await signedMessage("standard-webhooks", secret, { body });
  const headers = { ...plain(shifted), "webhook-id": `msg_1.${NOW / 1000}` };
  expect(verify("standard-webhooks", shifted, [secret])).toBeDefined();
  expect(verify("standard-webhooks", messageOf(headers, "{}"), [secret])).toBeUndefined();
});
