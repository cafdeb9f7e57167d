import type { APIGatewayProxyEvent } from "aws-lambda";
import { type HookSource, isSourceName, type SourceName } from "../domain/hooks/hook-source.ts";
import { Refusal } from "../domain/refusal.ts";
import { signingSecrets } from "../domain/secrets/sealed-secret.ts";
import type { HookSource as HookSourceBody } from "../generated/hook-source.d.ts";

type AddressOf = (source: HookSource) => string;

/** The source in the path; what cannot be a name is answered like a source that is not there. */
export function sourceIn({ pathParameters }: APIGatewayProxyEvent): SourceName {
  const source = pathParameters?.source;
  if (isSourceName(source)) return source;
  throw new Refusal("not-found", "There is no such source.");
}

const CALLED_PATH = "/v1/hook-sources";

/** Where third parties send to: where the tenant itself has called, be it the stage or a domain with a base path. */
export function hookAddresses({ requestContext }: APIGatewayProxyEvent): AddressOf {
  const { domainName, path } = requestContext;
  const prefix = path.slice(0, Math.max(0, path.indexOf(CALLED_PATH)));
  return ({ source, handle }) => `https://${domainName}${prefix}/v1/hooks/${source}/${handle}`;
}

/** A source as the tenant API answers it; a secret only where it was just made. */
export function hookSourceBody(
  source: HookSource,
  addressOf: AddressOf,
  secret?: string,
  now = Date.now(),
): HookSourceBody {
  return {
    source: source.source,
    scheme: source.scheme,
    url: addressOf(source),
    createdAt: source.createdAt,
    secrets: signingSecrets(source, now).map(({ createdAt, expiresAt }) => ({
      createdAt,
      ...(expiresAt && { expiresAt }),
    })),
    ...(secret && { secret }),
  };
}
