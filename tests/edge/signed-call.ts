import { request } from "node:http";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { TemplateResource } from "../../scripts/local-aws/kernel/stack.ts";
import { type EdgeUnderTest, REGION } from "./edge-under-test.ts";
import { method } from "./template.ts";

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** With stage and query, percent-encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly errorType: string | undefined;
  readonly message: string;
}

/** `/v1/reports/{reportId}` with IAM authorization, and roles that may call it, or not. */
export function reports(more: Record<string, TemplateResource> = {}): Record<string, TemplateResource> {
  const behind = { AuthorizationType: "AWS_IAM" };
  return {
    Reports: pathPart("V1", "reports"),
    Report: pathPart("Reports", "{reportId}"),
    GetReport: method("Report", "GET", behind),
    PutReport: method("Report", "PUT", behind),
    Reader: role("reader", allow("GET/v1/reports/*"), allow("PUT/v1/reports/*")),
    Stranger: role("stranger", allow("GET/v1/flights")),
    Barred: role("barred", allow("*"), { ...allow("GET/v1/reports/*"), Effect: "Deny" }),
    ...more,
  };
}

function allow(path: string) {
  return {
    Effect: "Allow",
    Action: "execute-api:Invoke",
    Resource: { "Fn::Sub": `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${Api}/dev/${path}` },
  };
}

function role(RoleName: string, ...Statement: object[]): TemplateResource {
  const trust = { Effect: "Allow", Principal: { AWS: "000000000000" }, Action: "sts:AssumeRole" };
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName,
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: trust },
      Policies: [{ PolicyName: "own", PolicyDocument: { Version: "2012-10-17", Statement } }],
    },
  };
}

function pathPart(parent: string, PathPart: string): TemplateResource {
  return {
    Type: "AWS::ApiGateway::Resource",
    Properties: { RestApiId: { Ref: "Api" }, ParentId: { Ref: parent }, PathPart },
  };
}

/** Credentials of a new session of one of the template's roles. */
export function sessionOf({ identities }: EdgeUnderTest, roleName: string, durationSeconds = 3600) {
  const found = identities.roles.named(roleName);
  if (!found) throw new Error(`the template has no role ${roleName}`);
  return identities.issue(found, "s1", { durationSeconds });
}

/** What the official signer makes of a request, at the time of the edge under test. */
export async function signed(
  edge: EdgeUnderTest,
  options: {
    readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
    readonly method?: string;
    /** Without the stage; segments percent-encoded. */
    readonly path?: string;
    readonly query?: Readonly<Record<string, string | string[]>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly region?: string;
    readonly service?: string;
    /** Epoch milliseconds. */
    readonly at?: number;
  } = {},
): Promise<WireRequest> {
  const { method = "GET", query = {}, body = "", region = REGION, service = "execute-api" } = options;
  const { hostname, port, host } = new URL(edge.origin);
  const path = `/dev${options.path ?? "/v1/reports/r1"}`;
  const signer = new SignatureV4({
    credentials: options.credentials ?? sessionOf(edge, "reader"),
    region,
    service,
    sha256: Sha256,
  });
  const { headers } = await signer.sign(
    {
      method,
      protocol: "http:",
      hostname,
      port: Number(port),
      path,
      query: { ...query },
      headers: { ...options.headers, host },
      ...(body && { body }),
    },
    { signingDate: new Date(options.at ?? edge.now) },
  );
  const parameters = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  const target = parameters.length > 0 ? `${path}?${parameters.join("&")}` : path;
  return { method, target, headers, body };
}

/** Sends a request as it is: nothing is normalised on the way. */
export function send(edge: EdgeUnderTest, { method, target, headers, body }: WireRequest): Promise<Answer> {
  const { hostname, port } = new URL(edge.origin);
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(Buffer.byteLength(body)) };
    const options = { hostname, port, method, path: target, headers: { ...headers, ...length } };
    const outgoing = request(options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("end", () => {
        const answer: Record<string, string> = JSON.parse(Buffer.concat(chunks).toString() || "{}");
        const errorType = incoming.headers["x-amzn-errortype"];
        resolve({
          status: incoming.statusCode ?? 0,
          errorType: [errorType].flat()[0],
          message: answer.message ?? answer.Message ?? "",
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
