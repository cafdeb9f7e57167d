import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { APIGatewayClient, CreateApiKeyCommand } from "@aws-sdk/client-api-gateway";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Ready } from "../../scripts/local-aws/offline/starter.ts";

// Each test starts the framework as a process of its own, on a machine that may be busy.
jest.setTimeout(60_000);

const SERVICE = join(import.meta.dirname, "service");
const SERVERLESS = join(import.meta.dirname, "../../node_modules/serverless/bin/serverless.js");

interface Started {
  readonly child: ChildProcess;
  readonly ready: Promise<Ready>;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

const home = mkdtempSync(join(tmpdir(), "gatehouse-plugin-"));
const children: ChildProcess[] = [];
let ports: readonly number[];
beforeAll(async () => {
  ports = await Promise.all([0, 1, 2, 3].map(freePort));
});
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(environment: Record<string, string> = {}): Started {
  const [PORT, LOCAL_AWS_PORT, LAMBDA_PORT, HTTP_API_PORT] = ports.map(String);
  const child = fork(SERVERLESS, ["offline"], {
    cwd: SERVICE,
    silent: true,
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      GATEHOUSE_HOME: home,
      PORT,
      LOCAL_AWS_PORT,
      LAMBDA_PORT,
      HTTP_API_PORT,
      AWS_PROFILE: "my-own",
      ...environment,
    },
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    // Not "close": Node does not emit it for a child whose channel this side has closed.
    child.once("exit", (code) => setImmediate(() => resolve({ code, output }))),
  );
  const ready = new Promise<Ready>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Ready));
    ended.then(({ code }) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  ready.catch(() => undefined);
  return { child, ready, ended };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

describe("a stack that cannot start", () => {
  it("names the port that is taken, and has started nothing", async () => {
    const taken = createServer().listen(ports[1], "127.0.0.1");
    const { code, output } = await start().ended;
    await new Promise((resolve) => taken.close(resolve));
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      `gatehouse cannot start: port ${ports[1]} is taken; stop what listens there, or set LOCAL_AWS_PORT`,
    );
    expect(existsSync(join(home, "state"))).toBe(false);
  });

  it("says that its state is damaged", async () => {
    const damaged = join(home, "damaged");
    mkdirSync(join(damaged, "state"), { recursive: true });
    writeFileSync(join(damaged, "state", "state.sqlite"), "not a database".repeat(1000));
    const { code, output } = await start({ GATEHOUSE_HOME: damaged }).ended;
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/^gatehouse cannot start: the state in \S+ is damaged \(.+\)$/);
  });

  it("refuses a port that is none", async () => {
    const { code, output } = await start({ PORT: "http" }).ended;
    expect(code).toBe(1);
    expect(output.trim()).toBe("gatehouse cannot start: PORT should be a port from 1 to 65535, not http");
  });
});

describe("a plugin that fails", () => {
  it("ends the process, which others would keep alive", async () => {
    const { code, output } = await start({ FAIL_LATER: "1" }).ended;
    expect(code).toBe(1);
    expect(output).toContain("gatehouse cannot start: another plugin failed");
  });
});

describe("a stack that runs", () => {
  it("refuses, answers, logs, and ends with the process that started it", async () => {
    const { child, ready, ended } = start();
    const { apiUrl, awsEndpoint, tokenUrl, userPoolId, region } = await ready;
    expect({ apiUrl, awsEndpoint, tokenUrl, region }).toEqual({
      apiUrl: `http://127.0.0.1:${ports[0]}/dev`,
      awsEndpoint: `http://127.0.0.1:${ports[1]}`,
      tokenUrl: `http://127.0.0.1:${ports[1]}/oauth2/token`,
      region: "eu-west-1",
    });

    const forged = { "sls-offline-authorizer-override": '{"claims":{"scope":"things/read"}}' };
    expect((await fetch(`${apiUrl}/things/1`, { headers: forged })).status).toBe(401);
    expect((await fetch(`${apiUrl}/nowhere`)).status).toBe(403);

    const open = await fetch(`${apiUrl}/open`, { headers: forged });
    expect(open.status).toBe(200);
    expect(open.headers.has("x-absent")).toBe(false);
    const { event, environment } = JSON.parse(await open.text());
    expect(event.requestContext).not.toHaveProperty("authorizer");
    expect(environment).toEqual({
      POOL_ID: userPoolId,
      JWKS_URI: `${awsEndpoint}/${userPoolId}/.well-known/jwks.json`,
      AWS_ENDPOINT_URL: awsEndpoint,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
    });
    expect((await fetch(`${apiUrl}/open?fail=1`)).status).toBe(502);

    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    const settings = { endpoint: awsEndpoint, region: "eu-west-1", credentials };
    const cloudFormation = new CloudFormationClient(settings);
    const { Stacks } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: "edge-service-dev" }),
    );
    expect(Stacks?.[0]?.Outputs).toContainEqual({ OutputKey: "ApiUrl", OutputValue: apiUrl });
    // A key outside every plan: the operator's calls reach the same local AWS, and the meter refuses it.
    const { value } = await new APIGatewayClient(settings).send(new CreateApiKeyCommand({ enabled: true }));
    expect(value).toMatch(/^\w{20,}$/);

    child.disconnect();
    expect(await ended).toEqual({ code: 0, output: expect.not.stringContaining("RequestId") });
    await expect(fetch(`${apiUrl}/open`)).rejects.toThrow();
    expect(existsSync(join(home, "logs", "access.log"))).toBe(true);
  });

  it("lets a call finish when the functions change under it, and runs the next", async () => {
    const { child, ready } = start();
    const { apiUrl } = await ready;
    const slow = fetch(`${apiUrl}/open?sleep=700`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill("SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await fetch(`${apiUrl}/open`)).status).toBe(200);
    expect((await slow).status).toBe(200);
    expect((await fetch(`${apiUrl}/open`)).status).toBe(200);
  });

  it("stops while a function is at work, and does not wait for it", async () => {
    const { child, ready, ended } = start();
    const { apiUrl } = await ready;
    const cutOff = fetch(`${apiUrl}/open?sleep=30000`).then(
      ({ status }) => status,
      () => "no answer",
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
    expect(await cutOff).not.toBe(200);
  });

  it("keeps its ids over a restart after it was killed", async () => {
    const first = start();
    const { userPoolId } = await first.ready;
    const keys = () => fetch(`http://127.0.0.1:${ports[1]}/${userPoolId}/.well-known/jwks.json`);
    const before = await (await keys()).json();
    first.child.kill("SIGKILL");
    await first.ended;
    await start().ready;
    expect(await (await keys()).json()).toEqual(before);
  });
});
