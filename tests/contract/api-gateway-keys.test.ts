import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateApiKeyCommand,
  type CreateApiKeyCommandInput,
  DeleteApiKeyCommand,
  GetApiKeyCommand,
  GetApiKeysCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetStageCommand,
  GetStagesCommand,
  GetTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApiKeyCommand,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import { Store } from "../../scripts/local-aws/kernel/store.ts";
import {
  API_ID,
  badRequest,
  conflict,
  limitExceeded,
  NOON,
  notFound,
  refusalOf,
  startApiGateway,
  VALUE,
} from "./support/api-gateway.ts";

type Started = Awaited<ReturnType<typeof startApiGateway>>;
let local: Started;
const denied: string[] = [];

beforeAll(async () => {
  local = await startApiGateway({
    authorize(_caller, action, resource) {
      if (denied.includes(`${action} ${resource}`))
        throw new AwsError("AccessDeniedException", `not authorized to perform: ${action}`, 400);
    },
  });
});
afterAll(() => local.close());

describe("refused, in AWS's words:", () => {
  const create = (input: CreateApiKeyCommandInput) =>
    refusalOf(local.client.send(new CreateApiKeyCommand(input)));

  it("what IAM does not allow, by method and path, before anything else is looked at", async () => {
    denied.push(
      "apigateway:POST arn:aws:apigateway:eu-west-1::/apikeys",
      "apigateway:DELETE arn:aws:apigateway:eu-west-1::/apikeys/none",
    );
    const answer = { name: "AccessDeniedException", status: 403 };
    expect(await create({ value: "short" })).toMatchObject(answer);
    expect(await refusalOf(local.client.send(new DeleteApiKeyCommand({ apiKey: "none" })))).toMatchObject(
      answer,
    );
    denied.length = 0;
  });

  it("a value of fewer than 20 or more than 128 characters", async () => {
    expect(await create({ value: "a".repeat(19) })).toEqual(
      badRequest("API Key value should be at least 20 characters"),
    );
    expect(await create({ value: "a".repeat(129) })).toEqual(
      badRequest("API Key value exceeds maximum size of 128 characters"),
    );
  });

  it("a value that another key has", async () => {
    const value = `${VALUE}-taken`;
    const { id } = await local.client.send(new CreateApiKeyCommand({ value }));
    expect(await create({ value })).toEqual(conflict("API Key already exists"));
    await local.client.send(new DeleteApiKeyCommand({ apiKey: id }));
    expect((await local.client.send(new CreateApiKeyCommand({ value }))).value).toBe(value);
  });

  it("tags that begin with aws:", async () => {
    expect(await create({ tags: { "aws:owner": "x" } })).toMatchObject({ name: "BadRequestException" });
  });

  it("a key that does not exist", async () => {
    const answer = notFound("Invalid API Key identifier specified");
    const { client } = local;
    expect(await refusalOf(client.send(new GetApiKeyCommand({ apiKey: "none" })))).toEqual(answer);
    expect(await refusalOf(client.send(new UpdateApiKeyCommand({ apiKey: "none" })))).toEqual(answer);
    expect(await refusalOf(client.send(new DeleteApiKeyCommand({ apiKey: "none" })))).toEqual(answer);
  });

  it("a patch of a path that cannot be patched, and then none of the request's patches hold", async () => {
    const { id } = await local.client.send(new CreateApiKeyCommand({ name: "before" }));
    const update = local.client.send(
      new UpdateApiKeyCommand({
        apiKey: id,
        patchOperations: [
          { op: "replace", path: "/name", value: "after" },
          { op: "replace", path: "/value", value: VALUE },
        ],
      }),
    );
    expect(await refusalOf(update)).toEqual(
      badRequest(
        "Invalid patch path  '/value' specified for op 'replace'. Must be one of: [/name, /description, /customerId, /enabled]",
      ),
    );
    expect((await local.client.send(new GetApiKeyCommand({ apiKey: id }))).name).toBe("before");
  });

  it("a patch with an operation that API Gateway does not know", async () => {
    const { id } = await local.client.send(new CreateApiKeyCommand({}));
    const update = new UpdateApiKeyCommand({ apiKey: id, patchOperations: [{ op: "move", path: "/name" }] });
    expect(await refusalOf(local.client.send(update))).toEqual(
      badRequest("Invalid patch operation specified. Must be one of: [add, remove, replace]"),
    );
  });

  it("limits and positions that are none", async () => {
    expect(await refusalOf(local.client.send(new GetApiKeysCommand({ limit: 0 })))).toMatchObject({
      name: "BadRequestException",
    });
    expect(await refusalOf(local.client.send(new GetApiKeysCommand({ position: "$$$" })))).toMatchObject({
      name: "BadRequestException",
    });
  });

  it("more keys than an account may have", async () => {
    const small = await startApiGateway({ limits: { apiKeys: 1, usagePlans: 1, usagePlansPerKey: 1 } });
    await small.client.send(new CreateApiKeyCommand({}));
    expect(await refusalOf(small.client.send(new CreateApiKeyCommand({})))).toEqual(
      limitExceeded(expect.stringContaining("Maximum number of API Keys")),
    );
    await small.close();
  });

  it("a body that is not JSON, and a path that is no operation", async () => {
    const authorization =
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20270310/eu-west-1/apigateway/aws4_request, SignedHeaders=host, Signature=0";
    const post = (path: string, body: string) =>
      fetch(`${local.endpoint}${path}`, { method: "POST", headers: { authorization }, body });
    const unreadable = await post("/apikeys", "{");
    expect([unreadable.status, unreadable.headers.get("x-amzn-errortype")]).toEqual([
      400,
      "SerializationException",
    ]);
    expect((await post("/apikeys", '{"name":7}')).headers.get("x-amzn-errortype")).toBe(
      "SerializationException",
    );
    expect((await post("/nothing", "{}")).status).toBe(404);
    expect((await post("/apikeys?mode=import", "{}")).status).toBe(404);
  });
});

describe("an API key", () => {
  it("is disabled unless it is said to be enabled, and gets a value of 40 characters and an id", async () => {
    const key = await local.client.send(new CreateApiKeyCommand({ name: "plain" }));
    expect(key).toMatchObject({
      id: expect.stringMatching(/^[a-z0-9]{10}$/),
      value: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      name: "plain",
      enabled: false,
      createdDate: new Date(NOON),
      lastUpdatedDate: new Date(NOON),
      stageKeys: [],
      $metadata: { httpStatusCode: 201 },
    });
    expect(key.tags).toBeUndefined();
  });

  it("is shown with its value only on demand", async () => {
    const { id, value } = await local.client.send(
      new CreateApiKeyCommand({ name: "shy", description: "d", customerId: "c-1", enabled: true }),
    );
    const plain = await local.client.send(new GetApiKeyCommand({ apiKey: id }));
    expect(plain).toMatchObject({ id, name: "shy", description: "d", customerId: "c-1", enabled: true });
    expect(plain.value).toBeUndefined();
    const whole = await local.client.send(new GetApiKeyCommand({ apiKey: id, includeValue: true }));
    expect(whole.value).toBe(value);
    const list = await local.client.send(new GetApiKeysCommand({ nameQuery: "shy" }));
    expect(list.items).toHaveLength(1);
    expect(list.items?.[0]?.value).toBeUndefined();
    const values = await local.client.send(new GetApiKeysCommand({ nameQuery: "shy", includeValues: true }));
    expect(values.items?.[0]?.value).toBe(value);
  });

  it("is found by the beginning of its name and by its customer", async () => {
    for (const name of ["ten_A", "ten_B", "other_A"])
      await local.client.send(new CreateApiKeyCommand({ name, customerId: `customer of ${name}` }));
    const byName = await local.client.send(new GetApiKeysCommand({ nameQuery: "ten_" }));
    expect(byName.items?.map(({ name }) => name).sort()).toEqual(["ten_A", "ten_B"]);
    const byCustomer = await local.client.send(new GetApiKeysCommand({ customerId: "customer of ten_B" }));
    expect(byCustomer.items?.map(({ name }) => name)).toEqual(["ten_B"]);
  });

  it("changes by patches, and says when", async () => {
    const { id } = await local.client.send(new CreateApiKeyCommand({ name: "a", enabled: true }));
    local.clock.time = NOON + 60_000;
    const key = await local.client.send(
      new UpdateApiKeyCommand({
        apiKey: id,
        patchOperations: [
          { op: "replace", path: "/enabled", value: "false" },
          { op: "replace", path: "/name", value: "b" },
          { op: "replace", path: "/description", value: "d" },
          { op: "replace", path: "/customerId", value: "c" },
          { op: "add", path: "/stages", value: `${API_ID}/dev` },
        ],
      }),
    );
    local.clock.time = NOON;
    expect(key).toMatchObject({
      name: "b",
      enabled: false,
      description: "d",
      customerId: "c",
      stageKeys: [`${API_ID}/dev`],
      createdDate: new Date(NOON),
      lastUpdatedDate: new Date(NOON + 60_000),
      tags: {},
    });
    expect(key.value).toBeUndefined();
  });

  it("is listed page by page, each once, also when others are deleted meanwhile", async () => {
    const paged = await startApiGateway();
    const made = await Promise.all(
      Array.from({ length: 30 }, () => paged.client.send(new CreateApiKeyCommand({ name: "n" }))),
    );
    expect((await paged.client.send(new GetApiKeysCommand({}))).items).toHaveLength(25);
    expect((await paged.client.send(new GetApiKeysCommand({ limit: 1000 }))).items).toHaveLength(30);
    const seen: (string | undefined)[] = [];
    let position: string | undefined;
    do {
      const page = await paged.client.send(
        new GetApiKeysCommand({ limit: 7, ...(position && { position }) }),
      );
      seen.push(...(page.items ?? []).map(({ id }) => id));
      if (!position) await paged.client.send(new DeleteApiKeyCommand({ apiKey: seen[0] }));
      position = page.position;
    } while (position);
    expect(seen).toHaveLength(30);
    expect([...seen].sort()).toEqual(made.map(({ id }) => id).sort());
    await paged.close();
  });

  it("carries tags", async () => {
    const created = await local.client.send(
      new CreateApiKeyCommand({ tags: { tenant: "ten_1", tier: "trial" } }),
    );
    expect(created.tags).toEqual({ tenant: "ten_1", tier: "trial" });
    const resourceArn = `arn:aws:apigateway:eu-west-1::/apikeys/${created.id}`;
    await local.client.send(new TagResourceCommand({ resourceArn, tags: { tier: "premium" } }));
    await local.client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["tenant"] }));
    expect((await local.client.send(new GetTagsCommand({ resourceArn }))).tags).toEqual({ tier: "premium" });
    const elsewhere = new GetTagsCommand({ resourceArn: "arn:aws:apigateway:eu-west-1::/apikeys/none" });
    expect(await refusalOf(local.client.send(elsewhere))).toMatchObject({ name: "NotFoundException" });
  });

  it("survives a restart, and its value is still taken", async () => {
    const directory = mkdtempSync(join(tmpdir(), "keys-"));
    const before = await startApiGateway({ store: Store.open(join(directory, "state.db")) });
    const key = await before.client.send(new CreateApiKeyCommand({ name: "lasting", value: VALUE }));
    await before.close();
    before.store.close();
    const after = await startApiGateway({ store: Store.open(join(directory, "state.db")) });
    expect(
      (await after.client.send(new GetApiKeyCommand({ apiKey: key.id, includeValue: true }))).value,
    ).toBe(VALUE);
    expect(await refusalOf(after.client.send(new CreateApiKeyCommand({ value: VALUE })))).toMatchObject({
      name: "ConflictException",
    });
    await after.close();
    after.store.close();
    rmSync(directory, { recursive: true });
  });
});

describe("the stack's APIs and stages", () => {
  it("refuse those that do not exist", async () => {
    expect(await refusalOf(local.client.send(new GetRestApiCommand({ restApiId: "none" })))).toEqual(
      notFound("Invalid API identifier specified 000000000000:none"),
    );
    const stage = new GetStageCommand({ restApiId: API_ID, stageName: "none" });
    expect(await refusalOf(local.client.send(stage))).toEqual(notFound("Invalid stage identifier specified"));
  });

  it("can be looked at", async () => {
    const apis = await local.client.send(new GetRestApisCommand({}));
    expect(apis.items).toMatchObject([{ id: API_ID, name: "airline", apiKeySource: "HEADER" }]);
    const stages = await local.client.send(new GetStagesCommand({ restApiId: API_ID }));
    expect(stages.item?.map(({ stageName }) => stageName)).toEqual(["dev", "test"]);
    const stage = await local.client.send(new GetStageCommand({ restApiId: API_ID, stageName: "dev" }));
    expect(stage.stageName).toBe("dev");
  });
});
