import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Resolve } from "../../../src/domain/webhooks/address-guard.ts";
import { type PostRules, postWebhook } from "../../../src/net/post-webhook.ts";
import { ANSWERS, type Behaviour, WebhookReceiver } from "../../support/webhook-receiver.ts";

const PATIENCE = { connection: 300, answer: 300, rest: 100 };
const BODY = '{"type":"flight.created"}';

let receiver: WebhookReceiver;
let others: WebhookReceiver[];
beforeEach(async () => {
  others = [];
  receiver = await WebhookReceiver.start();
});
afterEach(() => Promise.all([receiver, ...others].map((one) => one.close())));

async function another(options: Parameters<typeof WebhookReceiver.start>[0]): Promise<WebhookReceiver> {
  const one = await WebhookReceiver.start(options);
  others.push(one);
  return one;
}

/** A DNS that gives its answers one after the other, and counts the questions. */
function resolverOf(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const resolve: Resolve = async (host) => {
    asked.push(host);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return { resolve, asked };
}

const post = (url: string, rules: Partial<PostRules> = {}) =>
  postWebhook(
    { url, headers: { "webhook-id": "msg_1" }, body: BODY },
    { resolve: resolverOf(["127.0.0.1"]).resolve, loopback: "on", patience: PATIENCE, ...rules },
  );

const unanswered = (reason: string) => ({ kind: "unanswered", reason });

describe("where a webhook does not go", () => {
  it.each([
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:169.254.169.254",
    "fd00::1",
    "64:ff9b::a00:1",
  ])("a public name that leads to %s, alone or beside a public address", async (address) => {
    for (const answer of [[address], ["93.184.216.34", address]]) {
      const { resolve, asked } = resolverOf(answer);
      const outcome = await post("https://hooks.skyways.com/gatehouse", { resolve, loopback: "off" });
      expect(outcome).toEqual(unanswered("forbidden-address"));
      expect(asked).toEqual(["hooks.skyways.com"]);
    }
  });

  it.each(["http://127.0.0.1:8443/", "https://[::1]:8443/", "https://2130706433/", "http://localhost/"])(
    "%s on a stage that is deployed, whatever was recorded",
    async (url) => {
      expect(await post(url, { loopback: "off" })).toEqual(unanswered("forbidden-address"));
    },
  );

  it("a name without an address, or a DNS that does not answer", async () => {
    expect(await post(receiver.url("localhost"), { resolve: async () => [] })).toEqual(
      unanswered("forbidden-address"),
    );
    const resolve = () => Promise.reject(new Error("SERVFAIL"));
    expect(await post(receiver.url("localhost"), { resolve })).toEqual(unanswered("unresolved"));
    expect(receiver.connections).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])("to where a %i leads", async (status) => {
    const inside = await another({});
    receiver.behave = () => ANSWERS(status, { location: inside.url() });
    expect(await post(receiver.url())).toEqual({ kind: "answered", status });
    expect(receiver.received).toHaveLength(1);
    expect(inside.connections).toBe(0);
  });

  it("to an address that was not judged: the one that was is the one that is connected to", async () => {
    const judged = await another({ host: "127.0.0.2" });
    const beside = await another({ host: "127.0.0.1", port: judged.port });
    const { resolve, asked } = resolverOf(["127.0.0.2"], ["127.0.0.1"]);
    expect(await post(judged.url("localhost"), { resolve })).toEqual({ kind: "answered", status: 204 });
    expect(asked).toHaveLength(1);
    expect(judged.received[0]?.headers.host).toBe(`localhost:${judged.port}`);
    expect(beside.connections).toBe(0);
  });

  it("a name that leads elsewhere at the next attempt: each attempt judges anew", async () => {
    const { resolve, asked } = resolverOf(["127.0.0.1"], ["10.0.0.1"]);
    expect(await post(receiver.url("localhost"), { resolve })).toEqual({ kind: "answered", status: 204 });
    expect(await post(receiver.url("localhost"), { resolve })).toEqual(unanswered("forbidden-address"));
    expect(asked).toHaveLength(2);
    expect(receiver.connections).toBe(1);
  });
});

describe("what an endpoint may do to us", () => {
  const doing = (behaviour: Behaviour) => {
    receiver.behave = () => behaviour;
    return post(receiver.url());
  };

  it("hang: the attempt ends in time, and so does its connection", async () => {
    expect(await doing({ kind: "hang" })).toEqual(unanswered("timed-out"));
  });

  it("accept a connection and never speak TLS", async () => {
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as { port: number };
    const patience = { ...PATIENCE, answer: 60_000 };
    expect(await post(`https://127.0.0.1:${port}/`, { patience })).toEqual(unanswered("timed-out"));
    mute.close();
  });

  it.each([
    ["close the connection", { kind: "close" }, "unreachable"],
    ["answer what is no HTTP", { kind: "garbage" }, "garbage"],
    ["switch to another protocol", { kind: "switch-protocol" }, "garbage"],
    ["send headers without end", ANSWERS(200, { "x-long": "x".repeat(60_000) }), "garbage"],
  ] as const)("%s", async (_what, behaviour, reason) => {
    expect(await doing(behaviour)).toEqual(unanswered(reason));
  });

  it("not be there", async () => {
    const url = receiver.url();
    await receiver.close();
    expect(await post(url)).toEqual(unanswered("unreachable"));
    receiver = await WebhookReceiver.start();
  });

  it("answer without end: some of it is taken, then the connection is closed", async () => {
    expect(await doing({ kind: "endless" })).toEqual({ kind: "answered", status: 200 });
    const sent = receiver.sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Buffers of both sides took the rest; nobody reads any more.
    expect(receiver.sent - sent).toBeLessThan(1_000_000);
    expect(sent).toBeLessThan(20_000_000);
  });

  it("say that it took the webhook, and not end its answer", async () => {
    const begun = Date.now();
    expect(await doing({ kind: "stalled-body" })).toEqual({ kind: "answered", status: 200 });
    expect(Date.now() - begun).toBeLessThan(PATIENCE.answer);
  });

  it("answer slowly, but in time", async () => {
    expect(await doing({ kind: "slow", milliseconds: 100 })).toEqual({ kind: "answered", status: 204 });
  });

  it("ask to be left alone, where the status says that it means that", async () => {
    const headers = { "retry-after": "120" };
    expect(await doing(ANSWERS(429, headers))).toEqual({
      kind: "answered",
      status: 429,
      retryAfter: 120_000,
    });
    expect(await doing(ANSWERS(503, headers))).toEqual({
      kind: "answered",
      status: 503,
      retryAfter: 120_000,
    });
    expect(await doing(ANSWERS(500, headers))).toEqual({ kind: "answered", status: 500 });
  });
});

describe("what an endpoint gets", () => {
  it("the very bytes, and who sends them; on a connection of its own each time", async () => {
    await post(receiver.url());
    await post(receiver.url());
    expect(receiver.received.map(({ body }) => body)).toEqual([BODY, BODY]);
    expect(receiver.received[0]?.headers).toEqual({
      host: `127.0.0.1:${receiver.port}`,
      connection: "close",
      "content-type": "application/json",
      "content-length": String(BODY.length),
      "user-agent": "Gatehouse-Webhooks/1.0",
      "webhook-id": "msg_1",
    });
    expect(receiver.connections).toBe(2);
  });

  it("the same by IPv6", async () => {
    const six = await another({ host: "::1" });
    expect(await post(six.url("[::1]"))).toEqual({ kind: "answered", status: 204 });
    const { resolve } = resolverOf(["::1"]);
    expect(await post(six.url("localhost"), { resolve })).toEqual({ kind: "answered", status: 204 });
    expect(six.received).toHaveLength(2);
  });
});

describe("by TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-tls-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A certificate that vouches for itself and one name. */
  function certificateFor(name: string): { readonly key: string; readonly cert: string } {
    const paths = { key: join(folder, `${name}.key`), cert: join(folder, `${name}.pem`) };
    const request = ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    const subject = ["-days", "2", "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    execFileSync("openssl", [...request, "-keyout", paths.key, "-out", paths.cert, ...subject], {
      stdio: "ignore",
    });
    return { key: readFileSync(paths.key, "utf8"), cert: readFileSync(paths.cert, "utf8") };
  }

  it("a certificate of another name or of an unknown issuer is not to be trusted; the name's own is", async () => {
    const [own, foreign] = [certificateFor("localhost"), certificateFor("elsewhere.example")];
    const server = await another({ tls: own });
    const imposter = await another({ tls: foreign });
    const untrusted = unanswered("untrusted-certificate");
    expect(await post(server.url("localhost"))).toEqual(untrusted);
    expect(await post(imposter.url("localhost"), { certificates: foreign.cert })).toEqual(untrusted);
    expect(imposter.received).toEqual([]);
    // The connection goes to 127.0.0.1; what is checked is the name.
    const outcome = await post(server.url("localhost"), { certificates: own.cert });
    expect(outcome).toEqual({ kind: "answered", status: 204 });
  });
});
