import { ControlPlaneRates } from "../../scripts/local-aws/api-gateway/control-plane-rates.ts";
import { TokenBucket } from "../../scripts/local-aws/api-gateway/token-bucket.ts";
import { AwsError } from "../../scripts/local-aws/kernel/aws-error.ts";
import { retryThrottledCalls } from "../../src/aws/control-plane.ts";
import { Pacing } from "../../src/aws/pacing.ts";
import { newTenant } from "../../src/domain/tenancy/new-tenant.ts";
import { onboard } from "../../src/domain/tenancy/onboarding.ts";
import type { TenancyPorts } from "../../src/domain/tenancy/ports.ts";
import { FakeWorld } from "../unit/tenancy/fakes.ts";
import { SimulatedClock } from "./simulated-clock.ts";

/** Calls a second of one user pool's clients, https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html. */
const APP_CLIENTS = { capacity: 5, tokensPerSecond: 5 };
const DATABASE_MILLISECONDS = 5;
const FASTEST_MILLISECONDS = 50;
const SPREAD_MILLISECONDS = 100;
/** As src/aws/control-plane.ts has it: no attempt begins later. */
const CALL_DEADLINE_MILLISECONDS = 10_000;
/** A tenant needs one call of each of: a client, a key, and (of ten a second, beside the key's) a membership. */
const TENANTS_PER_SECOND = 5;

export interface SimulatedOnboarding {
  /** Seconds from the first call to the last. */
  readonly seconds: number;
  /** Seconds that the rates allow: all but the first burst of five, five a second. */
  readonly allowed: number;
  readonly active: number;
  /** Calls that AWS refused and that were made again. */
  readonly refused: number;
  /** Onboardings that failed. */
  readonly lost: number;
  /** Seconds of the longest call, its waiting for its turn and its retries included. */
  readonly longestCall: number;
  readonly appClients: number;
  readonly apiKeys: number;
}

/**
 * Tenants onboarded by the real saga with the real pace and back-off, in usage plans `perTier`, by some
 * processes with some workers each, over services in memory that refuse what comes faster than AWS takes it.
 */
export async function simulateOnboarding(
  tenants: number,
  { processes, workers }: { readonly processes: number; readonly workers: number },
): Promise<SimulatedOnboarding> {
  const clock = new SimulatedClock();
  const aws = new SimulatedAws(clock);
  const begun = clock.now();
  const queue = Array.from({ length: tenants }, (_unused, index) => `tenant-${index}`);
  let lost = 0;
  const work = async (ports: TenancyPorts) => {
    for (let slug = queue.shift(); slug !== undefined; slug = queue.shift())
      await onboard(ports, clock, newTenant({ slug, plan: "standard" }), { handOver() {} }).catch(() => {
        lost += 1;
      });
  };
  const crew = Array.from({ length: processes }, () => aws.portsOfAProcess()).flatMap((ports) =>
    Array.from({ length: workers }, () => work(ports)),
  );
  await clock.run(Promise.all(crew));
  const { world, refused, longestCall } = aws;
  return {
    seconds: (clock.now() - begun) / 1000,
    allowed: (tenants - APP_CLIENTS.capacity) / TENANTS_PER_SECOND,
    active: [...world.tenants.values()].filter(({ status }) => status === "active").length,
    refused,
    lost,
    longestCall: longestCall / 1000,
    appClients: world.appClients.size,
    apiKeys: world.apiKeys.size,
  };
}

/** Cognito, API Gateway and DynamoDB with their rates and some delay. */
class SimulatedAws {
  readonly world = new FakeWorld();
  refused = 0;
  longestCall = 0;
  readonly #clock: SimulatedClock;
  readonly #controlPlane: ControlPlaneRates;
  readonly #appClients = new TokenBucket();

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
    this.#controlPlane = new ControlPlaneRates(clock);
  }

  portsOfAProcess(): TenancyPorts {
    const pacing = new Pacing(this.#clock);
    const ports = this.world.ports(async (call) => {
      await this.#clock.sleep(DATABASE_MILLISECONDS);
      return call();
    });
    const { appClients, apiKeys, usagePlans } = this.world.ports();
    const gateway = (operation: string) => () => this.#controlPlane.admit(operation);
    return {
      ...ports,
      appClients: {
        ...appClients,
        create: (name, scopes) =>
          this.#call(
            pacing,
            "cognito",
            "CreateUserPoolClient",
            () => this.#admitClient(),
            () => appClients.create(name, scopes),
          ),
      },
      apiKeys: {
        ...apiKeys,
        create: (name, value) =>
          this.#call(pacing, "api-gateway", "CreateApiKey", gateway("CreateApiKey"), () =>
            apiKeys.create(name, value),
          ),
      },
      usagePlans: {
        ...usagePlans,
        ensure: async (_tenantId, plan) => plan,
        addKey: (usagePlanId, apiKeyId) =>
          this.#call(pacing, "api-gateway", "CreateUsagePlanKey", gateway("CreateUsagePlanKey"), () =>
            usagePlans.addKey(usagePlanId, apiKeyId),
          ),
      },
    };
  }

  /** One call as the SDK makes it: each attempt at the process' pace, retried after the back-off. */
  async #call<Answer>(
    pacing: Pacing,
    service: "api-gateway" | "cognito",
    operation: string,
    admit: () => void,
    act: () => Promise<Answer>,
  ): Promise<Answer> {
    const begun = this.#clock.now();
    const attempt = async () => {
      if (this.#clock.now() - begun > CALL_DEADLINE_MILLISECONDS) throw new Error("given up");
      await this.#clock.sleep(FASTEST_MILLISECONDS + Math.random() * SPREAD_MILLISECONDS);
      admit();
      return act();
    };
    let token = await retryThrottledCalls.acquireInitialRetryToken("");
    for (;;) {
      try {
        const answer = await pacing.attempt(service, `${operation}Command`, attempt);
        this.longestCall = Math.max(this.longestCall, this.#clock.now() - begun);
        return answer;
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        this.refused += 1;
        token = await retryThrottledCalls.refreshRetryTokenForRetry(token, { errorType: "THROTTLING" });
        await this.#clock.sleep(token.getRetryDelay());
      }
    }
  }

  #admitClient(): void {
    if (this.#appClients.wait(APP_CLIENTS, this.#clock.now()) > 0)
      throw new AwsError("TooManyRequestsException", "Rate exceeded", 400);
    this.#appClients.take();
  }
}
