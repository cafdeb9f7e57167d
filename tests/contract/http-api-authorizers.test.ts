import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ApiGatewayV2Client,
  GetAuthorizerCommand,
  UpdateAuthorizerCommand,
} from "@aws-sdk/client-apigatewayv2";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { systemClock } from "../../scripts/local-aws/kernel/clock.ts";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";
import { type LocalAws, startLocalAws } from "../../scripts/local-aws/local-aws.ts";

const stateDirectory = mkdtempSync(join(tmpdir(), "gatehouse-http-api-"));
const ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool";

const stackWith = (audience: readonly string[]) =>
  new Stack(
    {
      Resources: {
        Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
        Jwt: {
          Type: "AWS::ApiGatewayV2::Authorizer",
          Properties: {
            ApiId: { Ref: "Api" },
            Name: "machines",
            AuthorizerType: "JWT",
            JwtConfiguration: { Audience: audience, Issuer: ISSUER },
          },
        },
      },
    },
    { region: "eu-west-1", name: "contract-dev" },
  );
const stack = stackWith(["none"]);
const Authorizer = { ApiId: stack.ref("Api"), AuthorizerId: stack.ref("Jwt") };

let aws: LocalAws;
let gateway: ApiGatewayV2Client;

async function start(deployed = stack): Promise<void> {
  aws = await startLocalAws({
    stack: deployed,
    stateDirectory,
    port: 0,
    clock: systemClock,
    invoke: async () => ({ payload: null }),
  });
  gateway = new ApiGatewayV2Client({
    endpoint: aws.endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "operator", secretAccessKey: "local" },
    maxAttempts: 1,
  });
}

beforeEach(() => start());
afterEach(() => aws.close());
afterAll(() => rmSync(stateDirectory, { recursive: true, force: true }));

const update = (Audience: string[], Issuer = ISSUER) =>
  gateway.send(new UpdateAuthorizerCommand({ ...Authorizer, JwtConfiguration: { Audience, Issuer } }));
const audience = async () =>
  (await gateway.send(new GetAuthorizerCommand(Authorizer))).JwtConfiguration?.Audience;

describe("a JWT authorizer by the SDK", () => {
  it("is as the template has it", async () => {
    expect(await gateway.send(new GetAuthorizerCommand(Authorizer))).toMatchObject({
      AuthorizerId: Authorizer.AuthorizerId,
      AuthorizerType: "JWT",
      Name: "machines",
      JwtConfiguration: { Audience: ["none"], Issuer: ISSUER },
    });
  });

  it("takes another audience list as a whole, at once and over a restart", async () => {
    await update(["a", "b"]);
    await update(["b", "c"]);
    expect(aws.apiGateway.httpApis.audiences(Authorizer.AuthorizerId)).toEqual(["b", "c"]);
    await aws.close();
    await start();
    expect(await audience()).toEqual(["b", "c"]);
  });

  it("is reset by a deployment that changes it, and by no other", async () => {
    await update(["a"]);
    await aws.close();
    await start(stackWith(["from-the-parameter"]));
    expect(await audience()).toEqual(["from-the-parameter"]);
    await aws.close();
    await start();
    expect(await audience()).toEqual(["none"]);
  });

  it("takes 50 audiences and no more, and not none", async () => {
    const clients = Array.from({ length: 51 }, (_, index) => `client-${index}`);
    await expect(update(clients)).rejects.toMatchObject({ name: "BadRequestException" });
    await expect(update([])).rejects.toMatchObject({ name: "BadRequestException" });
    expect((await update(clients.slice(1))).JwtConfiguration?.Audience).toHaveLength(50);
  });

  it("of another API or unknown is not found", async () => {
    for (const other of [{ ApiId: "x" }, { AuthorizerId: "x" }])
      await expect(gateway.send(new GetAuthorizerCommand({ ...Authorizer, ...other }))).rejects.toMatchObject(
        {
          name: "NotFoundException",
        },
      );
  });

  it("is changed in nothing that the local API Gateway would ignore", async () => {
    const renamed = new UpdateAuthorizerCommand({ ...Authorizer, Name: "other" });
    await expect(gateway.send(renamed)).rejects.toMatchObject({ name: "BadRequestException" });
  });
});
