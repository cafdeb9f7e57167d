import type { Authorize } from "../kernel/authorize.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import { restJsonHeaders, restJsonRefusal } from "../kernel/rest-json-protocol.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import type { Stack } from "../kernel/stack.ts";
import type { AsyncInvocations } from "./async-invocations.ts";

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution */
const LARGEST_PAYLOAD_BYTES = { RequestResponse: 6_291_456, Event: 1_048_576, DryRun: 6_291_456 };

type InvocationType = keyof typeof LARGEST_PAYLOAD_BYTES;

/**
 * Lambda's Invoke, by which an operator calls a function past everything that stands in front of it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export class InvokeApi implements Service {
  readonly name = "lambda";
  readonly #stack: Stack;
  readonly #authorize: Authorize;
  readonly #invoke: InvokeFunction;
  readonly #asyncInvocations: Pick<AsyncInvocations, "add">;

  constructor(parts: {
    readonly stack: Stack;
    readonly authorize: Authorize;
    readonly invoke: InvokeFunction;
    readonly asyncInvocations: Pick<AsyncInvocations, "add">;
  }) {
    this.#stack = parts.stack;
    this.#authorize = parts.authorize;
    this.#invoke = parts.invoke;
    this.#asyncInvocations = parts.asyncInvocations;
  }

  accepts(request: AwsRequest): boolean {
    return request.signedFor === "lambda";
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const [, named] = PATH.exec(request.path) ?? [];
    if (request.method !== "POST" || named === undefined)
      throw new AwsError("UnknownOperationException", `no operation ${request.method} ${request.path}`, 404);
    const { name, qualifier } = functionNamed(decoded(named), request.query.get("Qualifier"), this.#stack);
    const arn = `arn:aws:lambda:${this.#stack.region}:${this.#stack.accountId}:function:${name}`;
    this.#authorize(request.caller, "lambda:InvokeFunction", arn);
    const isThere = this.#stack
      .resources("AWS::Lambda::Function")
      .some(({ physicalId }) => physicalId === name);
    if (!isThere || qualifier !== "$LATEST")
      throw new AwsError(
        "ResourceNotFoundException",
        `Function not found: ${isThere ? `${arn}:${qualifier}` : arn}`,
        404,
      );
    const type = invocationType(request.headers["x-amz-invocation-type"]);
    const payload = parsePayload(request.body, type);
    if (type === "DryRun") return answer(204, request);
    if (type === "Event") {
      this.#asyncInvocations.add(arn, payload);
      return answer(202, request);
    }
    const result = await this.#invoke(arn, payload);
    if (!("error" in result)) return answer(200, request, {}, result.payload);
    // The functions are not there yet, or are being replaced: that is not the function's own failure.
    if (result.error.errorType === "ServiceException")
      throw new AwsError("ServiceException", result.error.errorMessage, 500);
    return answer(200, request, { "x-amz-function-error": "Unhandled" }, result.error);
  }

  refuse(error: Parameters<Service["refuse"]>[0], request: AwsRequest): AwsResponse {
    return {
      ...restJsonRefusal(error, request),
      body: JSON.stringify({ Type: error.status < 500 ? "User" : "Service", Message: error.message }),
    };
  }
}

/** A function by its name, its ARN or `<account>:function:<name>`, each with or without a qualifier. */
function functionNamed(
  text: string,
  asked: string | null,
  { accountId, region }: Stack,
): { readonly name: string; readonly qualifier: string } {
  const prefix = new RegExp(`^(?:(?:arn:aws:lambda:${region}:)?${accountId}:function:)?`);
  const [, name, inName] = /^([\w-]{1,64})(?::(\$LATEST|[\w-]+))?$/.exec(text.replace(prefix, "")) ?? [];
  if (name === undefined)
    throw new AwsError("ValidationException", `"${text}" is not the name of a function of this account`);
  if (inName !== undefined && asked !== null && inName !== asked)
    throw invalidParameter(
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  return { name, qualifier: asked ?? inName ?? "$LATEST" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invocationType(header: string | string[] | undefined): InvocationType {
  const type = header ?? "RequestResponse";
  if (type === "RequestResponse" || type === "Event" || type === "DryRun") return type;
  throw invalidParameter(`The InvocationType "${type}" is not RequestResponse, Event or DryRun.`);
}

/** Without a body a function gets an empty object. */
function parsePayload(body: Buffer, type: InvocationType): unknown {
  const most = LARGEST_PAYLOAD_BYTES[type];
  if (body.length > most)
    throw new AwsError(
      "RequestTooLargeException",
      `Request must be smaller than ${most} bytes for the InvokeFunction operation`,
      413,
    );
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new AwsError("InvalidRequestContentException", "Could not parse request body into json");
  }
}

const invalidParameter = (message: string) => new AwsError("InvalidParameterValueException", message);

function answer(
  status: number,
  request: AwsRequest,
  headers: Readonly<Record<string, string>> = {},
  payload?: unknown,
): AwsResponse {
  return {
    status,
    headers: {
      ...restJsonHeaders(request),
      ...(status === 200 && { "x-amz-executed-version": "$LATEST" }),
      ...headers,
    },
    body: status === 200 ? JSON.stringify(payload ?? null) : "",
  };
}
