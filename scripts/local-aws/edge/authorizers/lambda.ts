import type { Clock } from "../../kernel/clock.ts";
import type { InvokeFunction } from "../../kernel/invoke.ts";
import type { StackResource } from "../../kernel/stack.ts";
import type { Call } from "../call.ts";
import { functionOfUri } from "../compile-integration.ts";
import { proxyEvent } from "../integrations/proxy-event.ts";
import { methodArn } from "../method-arn.ts";
import { Refusal } from "../refusal.ts";
import { optionalText } from "../template-reader.ts";
import type { Authorizer, AuthorizerFactory } from "./authorizer.ts";
import { type AuthorizerResult, readResult } from "./authorizer-result.ts";
import { identitySources } from "./identity-source.ts";
import { requireAllowed } from "./method-policy.ts";
import { ResultCache } from "./result-cache.ts";

const DEFAULT_TTL_SECONDS = 300;
/** "The maximum value is 3600": AWS::ApiGateway::Authorizer. */
const LONGEST_TTL_SECONDS = 3600;

/**
 * Lambda authorizers (`CUSTOM`) of the types TOKEN and REQUEST. A result is kept by identity source for all
 * methods behind the authorizer; its policy is evaluated anew for each call.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
 */
export function lambdaAuthorizers(invoke: InvokeFunction, clock: Clock): AuthorizerFactory {
  const byAuthorizer = new Map<string, Authorizer>();
  return ({ authorizer }) => {
    if (!authorizer) throw new Error("a CUSTOM method without an authorizer");
    const made = byAuthorizer.get(authorizer.logicalId) ?? lambdaAuthorizer(authorizer, invoke, clock);
    byAuthorizer.set(authorizer.logicalId, made);
    return made;
  };
}

function lambdaAuthorizer(resource: StackResource, invoke: InvokeFunction, clock: Clock): Authorizer {
  const { logicalId, properties } = resource;
  const functionArn = functionOfUri(properties.AuthorizerUri, `the authorizer ${logicalId}`);
  const ttl = timeToLive(properties.AuthorizerResultTtlInSeconds, logicalId);
  const sources = optionalText(properties.IdentitySource, "IdentitySource") ?? "";
  if (sources === "" && ttl > 0)
    throw new Error(`the authorizer ${logicalId} caches by an identity source that it does not name`);
  const identityOf = identitySources(sources);
  const eventOf = eventMaker(properties.Type, logicalId);
  const expression = optionalText(properties.IdentityValidationExpression, "IdentityValidationExpression");
  const pattern = expression ? new RegExp(`^(?:${expression})$`) : undefined;
  const cache = new ResultCache(clock, ttl * 1000);

  return async (call) => {
    const identity = identityOf(call);
    if (!identity) throw new Refusal("UNAUTHORIZED");
    const [token = ""] = identity;
    if (pattern && !pattern.test(token)) throw new Refusal("UNAUTHORIZED");
    const key = JSON.stringify(identity);
    const started = performance.now();
    let result = cache.get(key);
    if (!result) {
      result = await ask(invoke, functionArn, eventOf(call, token));
      cache.put(key, result);
    }
    const authorizer = {
      ...result.context,
      principalId: result.principalId,
      integrationLatency: Math.round(performance.now() - started),
    };
    // The access log and gateway responses name the caller whom the policy refuses, too.
    call.authorizer = authorizer;
    requireAllowed(result.policy, call);
    return authorizer;
  };
}

async function ask(invoke: InvokeFunction, functionArn: string, event: unknown): Promise<AuthorizerResult> {
  const answer = await invoke(functionArn, event);
  if ("error" in answer)
    throw new Refusal(answer.error.errorMessage === "Unauthorized" ? "UNAUTHORIZED" : "AUTHORIZER_FAILURE");
  const result = readResult(answer.payload);
  if (!result) throw new Refusal("AUTHORIZER_CONFIGURATION_ERROR");
  return result;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html */
function eventMaker(type: unknown, logicalId: string): (call: Call, token: string) => unknown {
  switch (type) {
    case "TOKEN":
      return (call, authorizationToken) => ({ type, methodArn: methodArn(call), authorizationToken });
    case "REQUEST":
      return (call) => {
        if (!call.route) throw new Refusal("AUTHORIZER_CONFIGURATION_ERROR");
        const { body, isBase64Encoded, ...request } = proxyEvent(call, call.route);
        return { type, methodArn: methodArn(call), ...request };
      };
    default:
      throw new Error(`the authorizer ${logicalId} has the type ${String(type)}, not TOKEN or REQUEST`);
  }
}

function timeToLive(value: unknown, logicalId: string): number {
  const seconds = value === undefined ? DEFAULT_TTL_SECONDS : Number(value);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > LONGEST_TTL_SECONDS)
    throw new Error(`the authorizer ${logicalId} keeps results for ${String(value)} seconds`);
  return seconds;
}
