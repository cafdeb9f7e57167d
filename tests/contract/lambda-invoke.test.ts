import {
  InvokeCommand,
  type InvokeCommandInput,
  type InvokeCommandOutput,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { InvocationResult } from "../../scripts/local-aws/kernel/invoke.ts";
import { functionArn, startEventStack } from "./support/event-stack.ts";
import { ACCOUNT, REGION, ROOT_CREDENTIALS, role, trusting } from "./support/tenant-stack.ts";

const lambda = trusting({ Service: "lambda.amazonaws.com" });
const fn = (name: string, roleId: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: { FunctionName: name, Role: { "Fn::GetAtt": [roleId, "Arn"] } },
});

let stack: Awaited<ReturnType<typeof startEventStack>>;
/** What a function makes of the next invocations. */
let answers: (functionName: string, payload: unknown) => InvocationResult;
beforeAll(async () => {
  stack = await startEventStack(
    {
      Shipping: fn("shipping", "Nobody"),
      Billing: fn("billing", "Caller"),
      Nobody: role("Nobody", [], [lambda]),
      Caller: role(
        "Caller",
        [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: functionArn("shipping") }],
        [lambda],
      ),
    },
    { answers: (name, payload) => answers(name, payload) },
  );
});
afterAll(() => stack.close());
beforeEach(() => {
  answers = (_name, payload) => ({ payload: { got: payload } });
  stack.invoked.length = 0;
});

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

function invoke(
  input: Partial<InvokeCommandInput>,
  credentials: Credentials = ROOT_CREDENTIALS,
): Promise<InvokeCommandOutput> {
  const client = new LambdaClient({
    region: REGION,
    endpoint: stack.aws.endpoint,
    credentials,
    maxAttempts: 1,
  });
  return client.send(new InvokeCommand({ FunctionName: "shipping", ...input }));
}

const textOf = (output: InvokeCommandOutput) => new TextDecoder().decode(output.Payload);

describe("an invocation is refused", () => {
  it.each<[string, Partial<InvokeCommandInput>, string, RegExp]>([
    [
      "of a function that there is not",
      { FunctionName: "nothing" },
      "ResourceNotFoundException",
      /^Function not found: arn:aws:lambda:.*:nothing$/,
    ],
    ["of a version that there is not", { Qualifier: "7" }, "ResourceNotFoundException", /:shipping:7$/],
    [
      "with two qualifiers",
      { FunctionName: "shipping:$LATEST", Qualifier: "7" },
      "InvalidParameterValueException",
      /does not match the specified qualifier/,
    ],
    [
      "with what is no JSON",
      { Payload: "{" },
      "InvalidRequestContentException",
      /^Could not parse request body into json/,
    ],
    [
      "with more than 6 MiB",
      { Payload: `"${"x".repeat(6_291_456)}"` },
      "RequestTooLargeException",
      /smaller than 6291456 bytes/,
    ],
    [
      "as an event with more than 1 MiB",
      { Payload: `"${"x".repeat(1_048_576)}"`, InvocationType: "Event" },
      "RequestTooLargeException",
      /smaller than 1048576 bytes/,
    ],
  ])("%s", async (_what, input, name, message) => {
    await expect(invoke(input)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    expect(stack.invoked).toEqual([]);
  });

  it("of a caller whose policies do not allow it, whether or not there is such a function", async () => {
    const denied = { name: "AccessDeniedException", $metadata: { httpStatusCode: 403 } };
    const nobody = stack.aws.identities.forFunction("Shipping");
    const caller = stack.aws.identities.forFunction("Billing");
    await expect(invoke({}, nobody)).rejects.toMatchObject(denied);
    await expect(invoke({ FunctionName: "billing" }, caller)).rejects.toMatchObject(denied);
    await expect(invoke({ FunctionName: "nothing" }, caller)).rejects.toMatchObject(denied);
    expect(stack.invoked).toEqual([]);
    expect(textOf(await invoke({ Payload: "1" }, caller))).toBe('{"got":1}');
  });

  it("with 500 while there are no functions, which is no failure of the function", async () => {
    answers = () => ({ error: { errorType: "ServiceException", errorMessage: "not started yet" } });
    await expect(invoke({})).rejects.toMatchObject({
      name: "ServiceException",
      $metadata: { httpStatusCode: 500 },
    });
  });
});

describe("an invocation gives", () => {
  it.each(["shipping", "shipping:$LATEST", functionArn("shipping"), `${ACCOUNT}:function:shipping`])(
    "the function's answer, called %s",
    async (FunctionName) => {
      const output = await invoke({ FunctionName, Payload: '{"order":7}' });
      expect(output).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
      expect(output.FunctionError).toBeUndefined();
      expect(textOf(output)).toBe('{"got":{"order":7}}');
      expect(stack.invoked).toEqual([{ name: "shipping", payload: { order: 7 } }]);
    },
  );

  it("the error that the function ended with, marked as one", async () => {
    answers = () => ({ error: { errorType: "TypeError", errorMessage: "x is not a function" } });
    const output = await invoke({});
    expect(output).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(JSON.parse(textOf(output))).toEqual({
      errorType: "TypeError",
      errorMessage: "x is not a function",
    });
  });

  it("202 at once for an event, which is then given to the function", async () => {
    const output = await invoke({ InvocationType: "Event", Payload: '{"order":8}' });
    expect(output).toMatchObject({ StatusCode: 202 });
    await stack.settle();
    expect(stack.invoked).toEqual([{ name: "shipping", payload: { order: 8 } }]);
  });

  it("204 for a dry run, which calls nothing", async () => {
    expect(await invoke({ InvocationType: "DryRun" })).toMatchObject({ StatusCode: 204 });
    await stack.settle();
    expect(stack.invoked).toEqual([]);
  });
});
