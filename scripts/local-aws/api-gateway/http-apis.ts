import type { Stack, StackResource } from "../kernel/stack.ts";
import type { Collection, Store } from "../kernel/store.ts";
import { type Body, objectAt, textAt } from "./body.ts";
import { badRequest, notFound } from "./errors.ts";

/** "Audiences per authorizer: 50", not adjustable: http-api-quotas. */
const MOST_AUDIENCES = 50;

interface JwtConfiguration {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** An authorizer as operators have made it since it was last deployed. */
interface Authorizer {
  readonly apiId: string;
  readonly name: string;
  readonly jwtConfiguration: JwtConfiguration;
  /** The template's properties as JSON: CloudFormation changes an authorizer only when they change. */
  readonly deployed: string;
}

/** The JWT authorizers of the stack's HTTP APIs: who may call changes without a deployment. */
export class HttpApis {
  readonly #stack: Stack;
  readonly #authorizers: Collection<Authorizer>;

  constructor(stack: Stack, store: Store) {
    this.#stack = stack;
    this.#authorizers = store.collection("api-gateway/http-api-authorizers");
  }

  deploy(): void {
    for (const { physicalId, properties } of this.#stack.resources("AWS::ApiGatewayV2::Authorizer")) {
      const deployed = JSON.stringify(properties);
      if (this.#authorizers.get(physicalId)?.deployed === deployed) continue;
      this.#authorizers.put(physicalId, { ...readAuthorizer(properties), deployed });
    }
  }

  audiences(authorizerId: string): readonly string[] {
    return this.#authorizers.get(authorizerId)?.jwtConfiguration.audience ?? [];
  }

  getAuthorizer(apiId: string, authorizerId: string): Body {
    return shown(authorizerId, this.#existing(apiId, authorizerId));
  }

  /** What is given replaces what was there, an audience list as a whole. */
  updateAuthorizer(apiId: string, authorizerId: string, body: Body): Body {
    const before = this.#existing(apiId, authorizerId);
    const given = objectAt(body, "jwtConfiguration");
    const [other] = Object.keys(body).filter((name) => name !== "jwtConfiguration");
    if (other) throw badRequest(`the local API Gateway does not change ${other} of an authorizer`);
    const after: Authorizer = {
      ...before,
      jwtConfiguration: {
        issuer: (given && textAt(given, "issuer")) ?? before.jwtConfiguration.issuer,
        audience: given ? audiencesOf(given) : before.jwtConfiguration.audience,
      },
    };
    this.#authorizers.put(authorizerId, after);
    return shown(authorizerId, after);
  }

  #existing(apiId: string, authorizerId: string): Authorizer {
    const authorizer = this.#authorizers.get(authorizerId);
    if (authorizer?.apiId !== apiId)
      throw notFound(`Unable to find Authorizer by id ${authorizerId} within the API ${apiId}`);
    return authorizer;
  }
}

function readAuthorizer({ ApiId, Name, JwtConfiguration }: StackResource["properties"]) {
  const { Issuer, Audience } = Object(JwtConfiguration);
  return {
    apiId: String(ApiId),
    name: String(Name),
    jwtConfiguration: { issuer: String(Issuer), audience: audiencesOf({ audience: Audience }) },
  };
}

function audiencesOf({ audience }: Body): string[] {
  if (!Array.isArray(audience) || audience.length === 0)
    throw badRequest("Audience is a required parameter for JWT Authorizers");
  if (audience.length > MOST_AUDIENCES)
    throw badRequest(`An authorizer takes at most ${MOST_AUDIENCES} audiences`);
  return audience.map(String);
}

function shown(authorizerId: string, { name, jwtConfiguration }: Authorizer): Body {
  return {
    authorizerId,
    authorizerType: "JWT",
    identitySource: ["$request.header.Authorization"],
    name,
    jwtConfiguration,
  };
}
