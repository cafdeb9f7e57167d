import type { Authorize } from "../kernel/authorize.ts";
import { AwsError } from "../kernel/aws-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { InvokeFunction } from "../kernel/invoke.ts";
import { jsonProtocol } from "../kernel/json-protocol.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";
import type { Stack } from "../kernel/stack.ts";
import type { Store } from "../kernel/store.ts";
import { Authentication } from "./authentication.ts";
import { AuthorizationCodes } from "./authorization-codes.ts";
import { Challenges } from "./challenges.ts";
import { clientTokenOperations } from "./client-credentials.ts";
import { clientOperations } from "./client-operations.ts";
import { clientSecretOperations } from "./client-secrets.ts";
import { Clients } from "./clients.ts";
import { DeployedResources } from "./deployed-resources.ts";
import { type Directory, deployStack } from "./deployment.ts";
import { Domains, domainOperations } from "./domains.ts";
import { groupOperations } from "./group-operations.ts";
import { Groups } from "./groups.ts";
import { AUTHORIZE_PATH, HostedPages, LOGIN_PATH } from "./hosted-pages.ts";
import { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import { PersonGrants } from "./person-grants.ts";
import { PoolKeys, type PublicKey } from "./pool-keys.ts";
import { poolOperations } from "./pool-operations.ts";
import { Pools } from "./pools.ts";
import { PreTokenGeneration, TRIGGER_TIMEOUT } from "./pre-token-generation.ts";
import { ResourceServers, resourceServerOperations } from "./resource-servers.ts";
import { answerRevocation, answerUserInfo, REVOKE_PATH, USER_INFO_PATH } from "./session-endpoints.ts";
import { sessionOperations } from "./session-operations.ts";
import { adminSignInOperations, signInOperations } from "./sign-in-operations.ts";
import { SignIns } from "./sign-ins.ts";
import { TOKEN_PATH, TokenEndpoint } from "./token-endpoint.ts";
import { TokenIssuer } from "./token-issuer.ts";
import { mayInvokeTrigger } from "./trigger-permission.ts";
import { userOperations } from "./user-operations.ts";
import { Users } from "./users.ts";
import { WellKnown } from "./well-known.ts";

export interface CognitoOptions {
  readonly store: Store;
  readonly stack: Stack;
  readonly clock: Clock;
  readonly invoke: InvokeFunction;
  readonly authorize: Authorize;
  /** Milliseconds that a trigger has to answer; Cognito's five seconds unless a test is in a hurry. */
  readonly triggerTimeout?: number;
}

const protocol = jsonProtocol("1.1", "AWSCognitoIdentityProviderService");

type Endpoint = (request: AwsRequest) => AwsResponse | Promise<AwsResponse>;

/** Amazon Cognito user pools: the API, the endpoints of their domains, and their public documents. */
export class Cognito implements Service {
  readonly name = "cognito-idp";
  readonly refuse = protocol.refuse;
  readonly #options: CognitoOptions;
  readonly #directory: Directory;
  /** The OAuth and OpenID endpoints and the sign-in page of the pools' domains, by path. */
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  readonly #wellKnown: WellKnown;
  /** Operations that IAM policies govern. */
  readonly #signed: Operations;
  /** Operations that the caller's own tokens or secrets govern; IAM has no say. */
  readonly #unsigned: Operations;

  constructor(options: CognitoOptions) {
    const { store, stack, clock } = options;
    this.#options = options;
    const pools = new Pools({ store, clock, region: stack.region, accountId: stack.accountId });
    const keys = new PoolKeys(store);
    const domains = new Domains(store);
    const servers = new ResourceServers(store);
    const clients = new Clients(store);
    const groups = new Groups(store);
    const users = new Users(store);
    const signIns = new SignIns(store, clock);
    const deployed = new DeployedResources(store);
    this.#directory = { pools, keys, domains, servers, clients, groups, users, deployed };
    const trigger = new PreTokenGeneration({
      invoke: options.invoke,
      mayInvoke: (lambdaArn, poolId) => mayInvokeTrigger(stack, lambdaArn, pools.arn(poolId)),
      region: stack.region,
      timeout: options.triggerTimeout ?? TRIGGER_TIMEOUT,
    });
    const issuer = new TokenIssuer({ pools, keys, clock, trigger });
    this.#wellKnown = new WellKnown(pools, keys);
    const challenges = new Challenges(store, clock);
    const codes = new AuthorizationCodes(store, clock);
    const authentication = new Authentication({
      pools,
      users,
      groups,
      signIns,
      challenges,
      issuer,
      clock,
    });
    const people = new PersonGrants({ pools, users, groups, signIns, codes, issuer, clock });
    const tokenEndpoint = new TokenEndpoint({ clients, domains, servers, issuer, people });
    const pages = new HostedPages({
      pools,
      clients,
      domains,
      servers,
      users,
      challenges,
      codes,
      authentication,
      clock,
    });
    const session = { pools, keys, clients, users, signIns, clock };
    this.#endpoints = new Map<string, Endpoint>([
      [TOKEN_PATH, (request) => tokenEndpoint.answer(request)],
      [AUTHORIZE_PATH, (request) => pages.answer(request)],
      [LOGIN_PATH, (request) => pages.answer(request)],
      [REVOKE_PATH, (request) => answerRevocation(request, session)],
      [USER_INFO_PATH, (request) => answerUserInfo(request, session)],
    ]);
    this.#signed = {
      ...poolOperations(pools, keys, domains, [servers, clients, groups, users, signIns]),
      ...domainOperations(domains, pools, stack.accountId),
      ...resourceServerOperations(servers, pools),
      ...clientOperations(clients, pools, servers, clock),
      ...clientSecretOperations(clients, pools, clock),
      ...userOperations(users, pools, signIns, clock),
      ...groupOperations(groups, users, pools, clock),
      ...adminSignInOperations(authentication, clients, pools),
    };
    this.#unsigned = {
      ...clientTokenOperations(clients, servers, issuer),
      ...signInOperations(authentication, clients),
      ...sessionOperations(session),
    };
  }

  /** Brings the template's Cognito resources into being. Throws {@link AwsError} for what Cognito would refuse. */
  deploy(): Promise<void> {
    return deployStack(this.#options.stack, this.#directory, this.#options.clock);
  }

  /** The keys in the JWKS of a pool; empty for an unknown pool. */
  publicKeys(poolId: string): readonly PublicKey[] {
    return this.#directory.keys.publicKeys(poolId);
  }

  /** The id of the pool that issues as `https://cognito-idp.{region}.amazonaws.com/{poolId}`, or undefined. */
  poolOfIssuer(issuer: string): string | undefined {
    return this.#directory.pools.poolOfIssuer(issuer);
  }

  accepts(request: AwsRequest): boolean {
    return (
      protocol.operationOf(request) !== undefined ||
      this.#endpoints.has(request.path) ||
      WellKnown.accepts(request)
    );
  }

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const operation = protocol.operationOf(request);
    if (operation !== undefined) return protocol.respond(await this.#operate(operation, request), request);
    const endpoint = this.#endpoints.get(request.path);
    return endpoint ? endpoint(request) : this.#wellKnown.answer(request);
  }

  async #operate(name: string, request: AwsRequest): Promise<unknown> {
    const unsigned = own(this.#unsigned, name);
    if (unsigned) return unsigned(Input.parse(request.body));
    const signed = own(this.#signed, name);
    if (!signed) throw new AwsError("UnknownOperationException", `Cognito has no ${name} here`);
    const input = Input.parse(request.body);
    this.#options.authorize(request.caller, `cognito-idp:${name}`, this.#resourceOf(input));
    return signed(input);
  }

  /** Operations on a pool are authorized on its ARN, all others on every resource. */
  #resourceOf(input: Input): string {
    const { UserPoolId: poolId } = input.members;
    return typeof poolId === "string" ? this.#directory.pools.arn(poolId) : "*";
  }
}

/** `constructor` and its like are names of operations to no one. */
function own(operations: Operations, name: string): Operations[string] | undefined {
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
}
