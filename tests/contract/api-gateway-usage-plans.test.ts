import {
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  type CreateUsagePlanCommandInput,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteUsagePlanCommand,
  DeleteUsagePlanKeyCommand,
  GetTagsCommand,
  GetUsagePlanCommand,
  GetUsagePlanKeyCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  type PatchOperation,
  TagResourceCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  API_ID,
  badRequest,
  conflict,
  limitExceeded,
  notFound,
  refusalOf,
  startApiGateway,
} from "./support/api-gateway.ts";

type Started = Awaited<ReturnType<typeof startApiGateway>>;
let local: Started;
beforeAll(async () => {
  local = await startApiGateway();
});
afterAll(() => local.close());

const DEV = { apiId: API_ID, stage: "dev" };
const TEST = { apiId: API_ID, stage: "test" };

const create = (input: Partial<CreateUsagePlanCommandInput> = {}) =>
  local.client.send(new CreateUsagePlanCommand({ name: "plan", ...input }));
const update = (usagePlanId: string | undefined, ...patchOperations: PatchOperation[]) =>
  local.client.send(new UpdateUsagePlanCommand({ usagePlanId, patchOperations }));
const newKey = async (name = "key") =>
  (await local.client.send(new CreateApiKeyCommand({ name, enabled: true }))).id;
const join = (usagePlanId: string | undefined, keyId: string | undefined, client = local.client) =>
  client.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: "API_KEY" }));

describe("a usage plan is refused", () => {
  it("when it does not exist", async () => {
    const answer = notFound("Invalid Usage Plan ID specified");
    const usagePlanId = "none";
    const { client } = local;
    expect(await refusalOf(client.send(new GetUsagePlanCommand({ usagePlanId })))).toEqual(answer);
    expect(await refusalOf(update(usagePlanId))).toEqual(answer);
    expect(await refusalOf(client.send(new DeleteUsagePlanCommand({ usagePlanId })))).toEqual(answer);
    expect(await refusalOf(client.send(new GetUsagePlanKeysCommand({ usagePlanId })))).toEqual(answer);
    expect(await refusalOf(join(usagePlanId, await newKey()))).toEqual(answer);
  });

  it("when its name is empty or its numbers are none", async () => {
    const refused = { name: "BadRequestException", status: 400 };
    expect(await refusalOf(create({ name: "" }))).toMatchObject(refused);
    expect(await refusalOf(create({ throttle: { rateLimit: -1 } }))).toMatchObject(refused);
    expect(await refusalOf(create({ throttle: { burstLimit: -1 } }))).toMatchObject(refused);
    expect(await refusalOf(create({ quota: { limit: -1, period: "DAY" } }))).toMatchObject(refused);
    expect(await refusalOf(create({ quota: { period: "DAY" } }))).toMatchObject(refused);
    expect(await refusalOf(create({ quota: { limit: 1 } }))).toMatchObject(refused);
  });

  it("when the quota's offset does not fit its period", async () => {
    expect(await refusalOf(create({ quota: { limit: 10, period: "DAY", offset: 1 } }))).toEqual(
      badRequest("Usage Plan quota offset must be zero in the DAY period"),
    );
    expect(await refusalOf(create({ quota: { limit: 10, period: "WEEK", offset: 7 } }))).toEqual(
      badRequest("Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period"),
    );
    expect(await refusalOf(create({ quota: { limit: 10, period: "MONTH", offset: 28 } }))).toEqual(
      badRequest("Usage Plan quota offset must be between 0 and 27 inclusive in the MONTH period"),
    );
  });

  it("for a stage that does not exist, or the same stage twice", async () => {
    expect(await refusalOf(create({ apiStages: [{ apiId: API_ID, stage: "none" }] }))).toEqual(
      notFound(`API Stage not found: ${API_ID}:none`),
    );
    expect(await refusalOf(create({ apiStages: [DEV, DEV] }))).toMatchObject({ name: "ConflictException" });
    const { id } = await create();
    expect(await refusalOf(update(id, { op: "add", path: "/apiStages", value: `${API_ID}:none` }))).toEqual(
      notFound(`API Stage not found: ${API_ID}:none`),
    );
  });

  it("its deletion while stages are attached; without them it goes, and its keys leave it", async () => {
    const { id } = await create({ apiStages: [DEV] });
    const keyId = await newKey();
    await join(id, keyId);
    expect(await refusalOf(local.client.send(new DeleteUsagePlanCommand({ usagePlanId: id })))).toEqual(
      badRequest(
        `Cannot delete Usage Plan ${id} because there are API Stages associated with it, including ${API_ID}:dev`,
      ),
    );
    await update(id, { op: "remove", path: "/apiStages", value: `${API_ID}:dev` });
    await local.client.send(new DeleteUsagePlanCommand({ usagePlanId: id }));
    expect((await local.client.send(new GetUsagePlansCommand({ keyId }))).items).toEqual([]);
  });

  it("when the account has as many as it may", async () => {
    const small = await startApiGateway({ limits: { apiKeys: 10, usagePlans: 1, usagePlansPerKey: 10 } });
    await small.client.send(new CreateUsagePlanCommand({ name: "one" }));
    expect(await refusalOf(small.client.send(new CreateUsagePlanCommand({ name: "two" })))).toEqual(
      limitExceeded(expect.stringContaining("Maximum number of Usage Plans")),
    );
    await small.close();
  });
});

describe("a patch of a usage plan is refused", () => {
  it("for a path that cannot be patched, with the paths that can", async () => {
    const { id } = await create({ apiStages: [DEV] });
    const removal = update(id, { op: "remove", path: `/apiStages/${API_ID}:dev` });
    expect(await refusalOf(removal)).toEqual(
      badRequest(
        expect.stringMatching(
          /^Invalid patch path {2}'\/apiStages\/\w+:dev' specified for op 'remove'\. Must be one of: \[\/apiStages, \/quota, \/throttle, \/productCode, /,
        ),
      ),
    );
    expect(await refusalOf(update(id, { op: "replace", path: "/id", value: "mine" }))).toMatchObject({
      name: "BadRequestException",
    });
  });

  it("for stages that are none", async () => {
    const { id } = await create({ apiStages: [DEV] });
    expect(await refusalOf(update(id, { op: "remove", path: "/apiStages" }))).toEqual(
      badRequest("Invalid API Stage specified"),
    );
    expect(
      await refusalOf(update(id, { op: "remove", path: "/apiStages", value: `${API_ID}:test` })),
    ).toMatchObject({ name: "NotFoundException" });
    const path = `/apiStages/${API_ID}:test/throttle/~1v1~1flights/GET/rateLimit`;
    expect(await refusalOf(update(id, { op: "replace", path, value: "1" }))).toMatchObject({
      name: "NotFoundException",
    });
  });

  it("for values that are no numbers", async () => {
    const { id } = await create({ throttle: { rateLimit: 1, burstLimit: 2 } });
    for (const [path, value] of [
      ["/throttle/rateLimit", "fast"],
      ["/throttle/burstLimit", "1.5"],
      ["/quota/limit", "-1"],
      ["/quota/limit", undefined],
    ] as const)
      expect(
        await refusalOf(update(id, { op: "replace", path, ...(value === undefined ? {} : { value }) })),
      ).toMatchObject({ name: "BadRequestException" });
  });

  it("that would leave half a quota, and then nothing of it holds", async () => {
    const { id } = await create();
    const half = [
      { op: "replace", path: "/name", value: "changed" },
      { op: "replace", path: "/quota/limit", value: "10" },
    ] as const;
    expect(await refusalOf(update(id, ...half))).toMatchObject({ name: "BadRequestException" });
    expect(await local.client.send(new GetUsagePlanCommand({ usagePlanId: id }))).toMatchObject({
      name: "plan",
    });
    expect(
      await refusalOf(update(id, { op: "replace", path: "/quota/period", value: "YEAR" })),
    ).toMatchObject({ name: "BadRequestException" });
  });
});

describe("a key is refused in a plan", () => {
  it("when it does not exist, or its type is none", async () => {
    const { id } = await create();
    expect(await refusalOf(join(id, "none"))).toEqual(notFound("Invalid API Key identifier specified"));
    const wrongType = new CreateUsagePlanKeyCommand({
      usagePlanId: id,
      keyId: await newKey(),
      keyType: "TOKEN",
    });
    expect(await refusalOf(local.client.send(wrongType))).toMatchObject({ name: "BadRequestException" });
  });

  it("when it is in it already", async () => {
    const { id } = await create();
    const keyId = await newKey();
    await join(id, keyId);
    expect(await refusalOf(join(id, keyId))).toMatchObject({ name: "ConflictException", status: 409 });
  });

  it("when it is in another plan of the same stage", async () => {
    const first = await create({ apiStages: [DEV] });
    const second = await create({ apiStages: [TEST, DEV] });
    const keyId = await newKey();
    await join(first.id, keyId);
    expect(await refusalOf(join(second.id, keyId))).toEqual(
      conflict(
        `UsagePlan ${second.id} cannot be added because API Key ${keyId} cannot reference multiple Usage Plans with the same API stage: ${API_ID}:dev`,
      ),
    );
  });

  it("when its plan would get a stage that another of its plans has", async () => {
    const first = await create({ apiStages: [DEV] });
    const second = await create({ apiStages: [TEST] });
    const keyId = await newKey();
    await join(first.id, keyId);
    await join(second.id, keyId);
    expect(
      await refusalOf(update(second.id, { op: "add", path: "/apiStages", value: `${API_ID}:dev` })),
    ).toMatchObject({ name: "ConflictException" });
  });

  it("when it is in ten plans already", async () => {
    const keyId = await newKey();
    for (let i = 0; i < 10; i++) await join((await create()).id, keyId);
    expect(await refusalOf(join((await create()).id, keyId))).toEqual(
      limitExceeded(expect.stringContaining("Maximum number of Usage Plans for the API Key")),
    );
  });

  it("and is not found in a plan that it is not in", async () => {
    const { id } = await create();
    const member = { usagePlanId: id, keyId: await newKey() };
    const answer = notFound("Invalid API Key identifier specified");
    expect(await refusalOf(local.client.send(new GetUsagePlanKeyCommand(member)))).toEqual(answer);
    expect(await refusalOf(local.client.send(new DeleteUsagePlanKeyCommand(member)))).toEqual(answer);
  });
});

describe("a usage plan", () => {
  const settings = {
    description: "d",
    apiStages: [{ ...DEV, throttle: { "/v1/flights/GET": { rateLimit: 0.5, burstLimit: 3 } } }],
    throttle: { rateLimit: 50, burstLimit: 100 },
    quota: { limit: 1000, offset: 2, period: "MONTH" },
  } as const;
  const input = { ...settings, apiStages: [...settings.apiStages] };

  it("comes back as it was made; tags are left out where none were given, and in lists", async () => {
    const plain = await create({ ...input, name: "whole" });
    expect(plain).toMatchObject({ ...settings, name: "whole", $metadata: { httpStatusCode: 201 } });
    expect(plain.quota).toEqual(settings.quota);
    expect(plain.tags).toBeUndefined();
    const tagged = await create({ ...input, tags: { tier: "trial" } });
    expect(tagged.tags).toEqual({ tier: "trial" });
    expect(await local.client.send(new GetUsagePlanCommand({ usagePlanId: plain.id }))).toMatchObject({
      ...settings,
      tags: {},
    });
    const { items = [] } = await local.client.send(new GetUsagePlansCommand({ limit: 500 }));
    expect(items.find(({ id }) => id === tagged.id)).toMatchObject(settings);
    expect(items.find(({ id }) => id === tagged.id)?.tags).toBeUndefined();
  });

  it("changes by patches of every kind, in their order", async () => {
    const { id } = await create();
    const stage = `${API_ID}:dev`;
    const changed = await update(
      id,
      { op: "replace", path: "/name", value: "renamed" },
      { op: "replace", path: "/description", value: "changed" },
      { op: "replace", path: "/throttle/burstLimit", value: "100" },
      { op: "replace", path: "/throttle/rateLimit", value: "200.5" },
      { op: "add", path: "/quota/limit", value: "30" },
      { op: "add", path: "/quota/offset", value: "1" },
      { op: "add", path: "/quota/period", value: "WEEK" },
      { op: "add", path: "/apiStages", value: stage },
      { op: "replace", path: `/apiStages/${stage}/throttle/~1v1~1flights/GET/rateLimit`, value: "5" },
      { op: "replace", path: `/apiStages/${stage}/throttle/~1v1~1flights/GET/burstLimit`, value: "6" },
      { op: "replace", path: `/apiStages/${stage}/throttle//v1/flights/{id}/PATCH/rateLimit`, value: "7" },
    );
    expect(changed).toMatchObject({
      name: "renamed",
      description: "changed",
      throttle: { burstLimit: 100, rateLimit: 200.5 },
      quota: { limit: 30, offset: 1, period: "WEEK" },
      apiStages: [
        {
          ...DEV,
          throttle: {
            "/v1/flights/GET": { rateLimit: 5, burstLimit: 6 },
            "/v1/flights/{id}/PATCH": { rateLimit: 7 },
          },
        },
      ],
      tags: {},
    });
    const fewer = await update(id, { op: "remove", path: `/apiStages/${stage}/throttle/~1v1~1flights/GET` });
    expect(Object.keys(fewer.apiStages?.[0]?.throttle ?? {})).toEqual(["/v1/flights/{id}/PATCH"]);
    const bare = await update(
      id,
      { op: "remove", path: `/apiStages/${stage}/throttle` },
      { op: "remove", path: "/quota" },
      { op: "remove", path: "/throttle" },
    );
    expect(bare.apiStages).toEqual([DEV]);
    expect([bare.quota, bare.throttle]).toEqual([undefined, undefined]);
  });

  it("tells and lists its keys by the beginning of their names, and the plans of a key", async () => {
    const { id: usagePlanId } = await create();
    const ids = [await newKey("ten_A"), await newKey("ten_B"), await newKey("other")];
    const joined = await Promise.all(ids.map((keyId) => join(usagePlanId, keyId)));
    expect(joined[0]).toMatchObject({
      id: ids[0],
      type: "API_KEY",
      name: "ten_A",
      value: expect.stringMatching(/^\w{40}$/),
    });
    const named = await local.client.send(new GetUsagePlanKeysCommand({ usagePlanId, nameQuery: "ten_" }));
    expect(named.items?.map(({ name }) => name).sort()).toEqual(["ten_A", "ten_B"]);
    const page = await local.client.send(new GetUsagePlanKeysCommand({ usagePlanId, limit: 2 }));
    expect([page.items?.length, typeof page.position]).toEqual([2, "string"]);
    const plans = await local.client.send(new GetUsagePlansCommand({ keyId: ids[0] }));
    expect(plans.items?.map(({ id }) => id)).toEqual([usagePlanId]);
  });

  it("loses keys that are removed or deleted", async () => {
    const { id: usagePlanId } = await create();
    const [removed, deleted] = [await newKey(), await newKey()];
    await join(usagePlanId, removed);
    await join(usagePlanId, deleted);
    await local.client.send(new DeleteUsagePlanKeyCommand({ usagePlanId, keyId: removed }));
    await local.client.send(new DeleteApiKeyCommand({ apiKey: deleted }));
    expect((await local.client.send(new GetUsagePlanKeysCommand({ usagePlanId }))).items).toEqual([]);
  });

  it("carries tags", async () => {
    const { id } = await create();
    const resourceArn = `arn:aws:apigateway:eu-west-1::/usageplans/${id}`;
    await local.client.send(new TagResourceCommand({ resourceArn, tags: { tier: "premium" } }));
    expect((await local.client.send(new GetTagsCommand({ resourceArn }))).tags).toEqual({ tier: "premium" });
  });
});

describe("the control plane's rates, when they are enforced,", () => {
  const limited = { name: "TooManyRequestsException", status: 429, message: "Too Many Requests" };

  it("allow an update of a usage plan once in 20 seconds", async () => {
    const strict = await startApiGateway({ controlPlaneRates: "enforced" });
    const { id } = await strict.client.send(new CreateUsagePlanCommand({ name: "n" }));
    const rename = () => strict.client.send(new UpdateUsagePlanCommand({ usagePlanId: id }));
    await rename();
    strict.clock.time += 19_000;
    expect(await refusalOf(rename())).toEqual(limited);
    await expect(rename()).rejects.toMatchObject({ retryAfterSeconds: "1" });
    strict.clock.time += 1_001;
    await rename();
    await strict.close();
  });

  it("allow 5 keys to be made in a second", async () => {
    const strict = await startApiGateway({ controlPlaneRates: "enforced" });
    const make = () => strict.client.send(new CreateApiKeyCommand({}));
    for (let i = 0; i < 5; i++) await make();
    expect(await refusalOf(make())).toEqual(limited);
    await strict.close();
  });

  it("allow 40 calls at once and 10 a second after that", async () => {
    const strict = await startApiGateway({ controlPlaneRates: "enforced" });
    const look = () => strict.client.send(new GetUsagePlansCommand({}));
    for (let i = 0; i < 40; i++) await look();
    expect(await refusalOf(look())).toEqual(limited);
    strict.clock.time += 100;
    await look();
    expect(await refusalOf(look())).toEqual(limited);
    await strict.close();
  });
});
