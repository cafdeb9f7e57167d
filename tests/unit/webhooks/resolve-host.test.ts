import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { hostResolver, ResolverUnavailable } from "../../../src/net/resolve-host.ts";

const A = 1;
const NO_ERROR = 0;
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;

/** How the name server answers a look-up; with nothing at all where there is none. */
interface Answer {
  readonly code: number;
  readonly v4?: readonly number[];
  readonly v6?: readonly number[];
}

const V6 = [0x26, 0x06, 0x47, 0x00, ...Array(11).fill(0), 0x11];

const ANSWERS: Readonly<Record<string, Answer>> = {
  "both.skyways.com": { code: NO_ERROR, v4: [203, 0, 113, 7], v6: V6 },
  "good.skyways.com": { code: NO_ERROR, v4: [203, 0, 113, 8] },
  "empty.skyways.com": { code: NO_ERROR },
  "none.skyways.com": { code: NO_SUCH_NAME },
  "broken.skyways.com": { code: SERVER_FAILURE },
};

let server: Socket;
let asked = 0;
let resolve: ReturnType<typeof hostResolver>;

beforeAll(async () => {
  server = createSocket("udp4");
  server.on("message", (query, { port, address }) => {
    asked += 1;
    const answer = answerTo(query);
    if (answer) server.send(answer, port, address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  resolve = hostResolver({ servers: [`127.0.0.1:${server.address().port}`], patience: 1000 });
});
afterAll(() => {
  server.close();
});

/** A DNS message: the question as it came, and its addresses (RFC 1035, section 4). */
function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const answer = ANSWERS[labels.join(".").toLowerCase()];
  if (!answer) return undefined;
  const address = type === A ? answer.v4 : answer.v6;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | answer.code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(address ? 1 : 0, 6);
  const question = query.subarray(12, at + 5);
  const record = address ? [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length, ...address] : [];
  return Buffer.concat([head, question, Buffer.from(record)]);
}

it("a host has its addresses of either kind, or of one", async () => {
  expect(await resolve("both.skyways.com")).toEqual(["203.0.113.7", "2606:4700::11"]);
  expect(await resolve("good.skyways.com")).toEqual(["203.0.113.8"]);
});

it("a host without a name or without an address has none", async () => {
  for (const host of ["empty.skyways.com", "none.skyways.com", `${"x".repeat(64)}.com`])
    expect(await resolve(host)).toEqual([]);
});

it("a name server that fails, or does not answer in time, says nothing of a host", async () => {
  await expect(resolve("broken.skyways.com")).rejects.toThrow(ResolverUnavailable);
  const begun = Date.now();
  await expect(resolve("slow.skyways.com")).rejects.toThrow(ResolverUnavailable);
  expect(Date.now() - begun).toBeLessThan(10_000);
});

it("this machine's own name is asked of nobody", async () => {
  const before = asked;
  expect(await resolve("localhost")).toEqual(["127.0.0.1", "::1"]);
  expect(asked).toBe(before);
});

it("look-ups that are not answered delay no other one, neither here nor by the system's resolver", async () => {
  const late: number[] = [];
  const slow = Array.from({ length: 12 }, async (_, number) => {
    await expect(resolve(`slow${number}.skyways.com`)).rejects.toThrow(ResolverUnavailable);
    late.push(Date.now());
  });
  const found = await Promise.all([resolve("good.skyways.com"), lookup("localhost", 4)]);
  expect(found).toEqual([["203.0.113.8"], { address: "127.0.0.1", family: 4 }]);
  expect(late).toEqual([]);
  await Promise.all(slow);
});
