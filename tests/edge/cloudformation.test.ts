import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { CloudFormation } from "../../scripts/local-aws/cloudformation/cloudformation.ts";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import { type LocalAwsServer, serve } from "../../scripts/local-aws/kernel/server.ts";
import { Stack } from "../../scripts/local-aws/kernel/stack.ts";

const stack = new Stack(
  {
    Resources: { UserPool: { Type: "AWS::Cognito::UserPool" } },
    Outputs: {
      UserPoolId: { Value: { Ref: "UserPool" }, Description: "Issues <the> tokens & more" },
      ApiUrl: { Value: "https://api.example.com" },
    },
  },
  { region: "eu-west-1", name: "gatehouse-dev" },
);

let server: LocalAwsServer;
let client: CloudFormationClient;
beforeAll(async () => {
  const service = new CloudFormation({
    stack,
    localOutputs: () => ({
      ApiUrl: "http://127.0.0.1:3000/dev",
      TokenUrl: "http://127.0.0.1:4566/oauth2/token",
    }),
    authorize: (caller, action) => {
      if (caller.kind !== "account") throw new AwsError("AccessDenied", `may not ${action}`, 403);
    },
    createdAt: Date.UTC(2026, 10, 20),
  });
  server = await serve([service], {
    port: 0,
    identify: (accessKeyId) =>
      accessKeyId === "AKIA1" ? { kind: "account", accountId: "0", arn: "" } : { kind: "anonymous" },
  });
  client = clientOf("AKIA1");
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const clientOf = (accessKeyId: string) =>
  new CloudFormationClient({
    endpoint: server.endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId, secretAccessKey: "x" },
    maxAttempts: 1,
  });

describe("DescribeStacks", () => {
  it("is refused to whom IAM does not allow it", async () => {
    await expect(clientOf("AKIA2").send(new DescribeStacksCommand({}))).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });

  it("says of another stack that it does not exist", async () => {
    await expect(client.send(new DescribeStacksCommand({ StackName: "other" }))).rejects.toMatchObject({
      name: "ValidationError",
      message: "Stack with id other does not exist",
    });
  });

  it("gives the stack's outputs, with the local addresses in place of AWS's", async () => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: "gatehouse-dev" }));
    expect(Stacks).toHaveLength(1);
    expect(Stacks?.[0]).toMatchObject({
      StackName: "gatehouse-dev",
      StackStatus: "CREATE_COMPLETE",
      CreationTime: new Date(Date.UTC(2026, 10, 20)),
      Outputs: [
        {
          OutputKey: "UserPoolId",
          OutputValue: stack.ref("UserPool"),
          Description: "Issues <the> tokens & more",
        },
        { OutputKey: "ApiUrl", OutputValue: "http://127.0.0.1:3000/dev" },
        { OutputKey: "TokenUrl", OutputValue: "http://127.0.0.1:4566/oauth2/token" },
      ],
    });
  });
});

describe("any other operation", () => {
  it("is refused", async () => {
    await expect(client.send(new ListStacksCommand({}))).rejects.toMatchObject({ name: "InvalidAction" });
  });
});
