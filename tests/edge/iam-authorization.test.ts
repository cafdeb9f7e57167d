import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type EdgeUnderTest, NOW, startEdge } from "./edge-under-test.ts";
import { reports, send, sessionOf, signed, type WireRequest } from "./signed-call.ts";

const REPORT = "/v1/reports/r1";
const NOT_MATCHING =
  /^The request signature we calculated does not match the signature you provided\. Check your AWS Secret Access Key and signing method\. Consult the service documentation for details\.\n\nThe Canonical String for this request should have been\n'GET\n\/dev\/v1\/reports\/r1\n/;

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdge(reports());
});
afterAll(() => edge.close());
beforeEach(() => {
  edge.now = NOW;
  edge.events.length = 0;
});

const unsigned = (headers: Record<string, string> = {}): WireRequest => ({
  method: "GET",
  target: `/dev${REPORT}`,
  headers,
  body: "",
});

describe("a method with IAM authorization refuses", () => {
  it("an unsigned call, and one signed in the query string", async () => {
    const missing = {
      status: 403,
      errorType: "MissingAuthenticationTokenException",
      message: "Missing Authentication Token",
    };
    expect(await send(edge, unsigned())).toEqual(missing);
    const target = `/dev${REPORT}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00`;
    expect(await send(edge, { ...unsigned(), target })).toEqual(missing);
  });

  it("a bearer token, without repeating it", async () => {
    const answer = await send(edge, unsigned({ authorization: "Bearer secret.token" }));
    expect(answer).toMatchObject({ status: 403, errorType: "IncompleteSignatureException" });
    expect(answer.message).toMatch(/^Invalid key=value pair \(missing equal-sign\) in Authorization header/);
    expect(answer.message).not.toContain("secret.token");
  });

  it("a header that lacks a part, naming it", async () => {
    const request = await signed(edge);
    for (const part of ["Credential", "SignedHeaders", "Signature"]) {
      const authorization = (request.headers.authorization ?? "").replace(`${part}=`, `X${part}=`);
      const answer = await send(edge, { ...request, headers: { ...request.headers, authorization } });
      expect(answer).toMatchObject({ status: 403, errorType: "IncompleteSignatureException" });
      expect(answer.message).toContain(`Authorization header requires '${part}' parameter.`);
    }
  });

  it("a wrong secret, saying what should have been signed", async () => {
    const credentials = { ...sessionOf(edge, "reader"), secretAccessKey: "wrong" };
    const answer = await send(edge, await signed(edge, { credentials }));
    expect(answer).toMatchObject({ status: 403, errorType: "InvalidSignatureException" });
    expect(answer.message).toMatch(NOT_MATCHING);
  });

  it("a key that was never issued, another session's token and no token", async () => {
    const [one, other] = [sessionOf(edge, "reader"), sessionOf(edge, "reader")];
    const { sessionToken, ...withoutToken } = one;
    const foreign = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "local" };
    for (const credentials of [foreign, { ...one, sessionToken: other.sessionToken }, withoutToken])
      expect(await send(edge, await signed(edge, { credentials }))).toEqual({
        status: 403,
        errorType: "UnrecognizedClientException",
        message: "The security token included in the request is invalid.",
      });
  });

  it("an expired session", async () => {
    const credentials = sessionOf(edge, "reader", 900);
    edge.now = NOW + 901_000;
    expect(await send(edge, await signed(edge, { credentials }))).toEqual({
      status: 401,
      errorType: "ExpiredTokenException",
      message: "The security token included in the request is expired",
    });
  });

  it("a signature older than five minutes, and one from as far ahead", async () => {
    const at = (seconds: number) => signed(edge, { at: NOW + seconds * 1000 });
    expect(await send(edge, await at(-301))).toEqual({
      status: 403,
      errorType: "InvalidSignatureException",
      message:
        "Signature expired: 20261120T115459Z is now earlier than 20261120T115500Z (20261120T120000Z - 5 min.)",
    });
    expect(await send(edge, await at(301))).toEqual({
      status: 403,
      errorType: "InvalidSignatureException",
      message:
        "Signature not yet current: 20261120T120501Z is still later than 20261120T120500Z (20261120T120000Z + 5 min.)",
    });
    for (const seconds of [-299, 299]) expect((await send(edge, await at(seconds))).status).toBe(200);
  });

  it("a signature for another region, service or day", async () => {
    const refused = async (request: WireRequest) => {
      const { status, errorType, message } = await send(edge, request);
      expect([status, errorType]).toEqual([403, "InvalidSignatureException"]);
      return message;
    };
    expect(await refused(await signed(edge, { region: "us-west-2" }))).toMatch(
      /valid region, not 'us-west-2'/,
    );
    expect(await refused(await signed(edge, { service: "s3" }))).toMatch(/correct service: 'execute-api'/);
    const request = await signed(edge);
    const authorization = (request.headers.authorization ?? "").replace("/20261120/", "/20261119/");
    expect(await refused({ ...request, headers: { ...request.headers, authorization } })).toMatch(
      /^Date in Credential scope does not match YYYYMMDD/,
    );
  });

  it("a signature that leaves out the host", async () => {
    const request = await signed(edge);
    const authorization = (request.headers.authorization ?? "").replace(
      "SignedHeaders=host;",
      "SignedHeaders=",
    );
    const answer = await send(edge, { ...request, headers: { ...request.headers, authorization } });
    expect(answer.message).toBe("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  });

  it("UNSIGNED-PAYLOAD, which is S3's", async () => {
    const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const request = await signed(edge, { method: "PUT", headers, body: "{}" });
    expect(await send(edge, request)).toMatchObject({ status: 403, errorType: "InvalidSignatureException" });
  });

  it("a caller whose policies do not allow the call, or deny it, with the account masked", async () => {
    const denied = (role: string, why: string) => ({
      status: 403,
      errorType: "AccessDeniedException",
      message: `User: arn:aws:sts::000000000000:assumed-role/${role}/s1 is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********0000:${edge.restApiId}/dev/GET/v1/reports/r1 ${why}`,
    });
    const call = async (role: string) =>
      send(edge, await signed(edge, { credentials: sessionOf(edge, role) }));
    expect(await call("stranger")).toEqual(
      denied("stranger", "because no identity-based policy allows the execute-api:Invoke action"),
    );
    expect(await call("barred")).toEqual(
      denied("barred", "with an explicit deny in an identity-based policy"),
    );
  });

  it("before its function is called", () => {
    expect(edge.events).toEqual([]);
  });
});

const text = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.~ /%+&=?#é*'()!:@,;"), maxLength: 12 });
const requests = fc.record({
  method: fc.constantFrom("GET", "PUT"),
  id: text.filter((id) => id !== "" && id !== "." && id !== ".."),
  query: fc.dictionary(
    fc.string({ unit: fc.constantFrom(..."abAB-_ +é"), minLength: 1, maxLength: 4 }),
    text,
    {
      maxKeys: 3,
    },
  ),
  note: fc.string({ unit: fc.constantFrom(..."abc019 -_."), maxLength: 12 }),
  body: text,
});

type Wanted = typeof requests extends fc.Arbitrary<infer T> ? T : never;

const sign = ({ method, id, query, note, body }: Wanted) =>
  signed(edge, {
    method,
    path: `/v1/reports/${encodeURIComponent(id)}`,
    query,
    headers: { "x-note": note, "content-type": "text/plain" },
    body: method === "PUT" ? body : "",
  });

/** Another letter or digit in the place of the one that `at` picks; the text itself where it has none. */
function altered(original: string, at: number, allowed = /[a-z0-9]/gi): string {
  const places = [...original.matchAll(allowed)].map(({ index }) => index);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return original;
  const other = original[place] === "7" ? "8" : "7";
  return original.slice(0, place) + other + original.slice(place + 1);
}

describe("the official signer", () => {
  it("gets in with whatever path, query, headers and body, and the function learns who it is", async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (wanted) => {
        const { status, message } = await send(edge, await sign(wanted));
        expect({ status, message }).toEqual({ status: 200, message: "" });
      }),
      { numRuns: 200 },
    );
    const { identity } = edge.events.at(-1)?.requestContext ?? {};
    expect(identity).toMatchObject({
      userArn: "arn:aws:sts::000000000000:assumed-role/reader/s1",
      accountId: "000000000000",
      accessKey: expect.stringMatching(/^ASIA/),
      caller: expect.stringMatching(/^AROA\w+:s1$/),
    });
  });

  const parts: Record<string, (request: WireRequest, at: number) => WireRequest> = {
    path: (request, at) => {
      const [path = "", ...query] = request.target.split("?");
      const head = "/dev/v1/reports/";
      const id = altered(path.slice(head.length), at, /(?<!%.?)[a-z0-9]/gi);
      return { ...request, target: [head + id, ...query].join("?") };
    },
    query: (request, at) => {
      const [path = "", query] = request.target.split("?");
      if (query === undefined) return { ...request, target: `${path}?x=1` };
      return { ...request, target: `${path}?${altered(query, at, /(?<!%.?)[a-z0-9=]/gi)}` };
    },
    header: (request, at) => ({
      ...request,
      headers: { ...request.headers, "x-note": altered(`${request.headers["x-note"]}a`, at) },
    }),
    body: (request, at) => ({
      ...request,
      body: request.body === "" ? "x" : altered(`${request.body}7`, at).slice(0, -1) + (at % 2 ? "8" : "7"),
    }),
    date: (request, at) => ({
      ...request,
      headers: {
        ...request.headers,
        // Seconds and minutes: still current, still of the scope's day.
        "x-amz-date": `20261120T12000${1 + (at % 9)}Z`,
      },
    }),
    method: (request) => ({ ...request, method: request.method === "GET" ? "PUT" : "GET" }),
    signature: (request, at) => {
      const [head = "", signature = ""] = (request.headers.authorization ?? "").split("Signature=");
      return {
        ...request,
        headers: { ...request.headers, authorization: `${head}Signature=${altered(signature, at)}` },
      };
    },
  };

  it.each(Object.keys(parts))("does not when one byte of the %s is another", async (part) => {
    const alter = parts[part] ?? ((request: WireRequest) => request);
    const before = edge.events.length;
    await fc.assert(
      fc.asyncProperty(requests, fc.nat(), async (wanted, at) => {
        const request = await sign(part === "body" ? { ...wanted, method: "PUT" } : wanted);
        const other = alter(request, at);
        fc.pre(JSON.stringify(other) !== JSON.stringify(request));
        const answer = await send(edge, other);
        expect([answer.status, answer.errorType]).toEqual([403, "InvalidSignatureException"]);
      }),
      { numRuns: 100 },
    );
    expect(edge.events.length).toBe(before);
  });
});
