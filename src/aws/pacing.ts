import type { Clock } from "../domain/tenancy/lease.ts";
import { Pacer } from "./pacer.ts";
import { isThrottled } from "./throttled.ts";

/**
 * Calls a second that AWS takes of an account in a region, and of one user pool.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html#api-gateway-control-service-limits-table
 * https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
 */
const PER_SECOND = { controlPlane: 10, createApiKey: 5, deleteApiKey: 5, appClients: 5 } as const;

type RateName = keyof typeof PER_SECOND;

/** Which rates a call counts against, by the name of its command; API Gateway's others against its control plane's alone. */
const RATES_OF: Readonly<Record<string, readonly RateName[]>> = {
  CreateApiKeyCommand: ["createApiKey", "controlPlane"],
  DeleteApiKeyCommand: ["deleteApiKey", "controlPlane"],
  CreateUserPoolClientCommand: ["appClients"],
  UpdateUserPoolClientCommand: ["appClients"],
  DeleteUserPoolClientCommand: ["appClients"],
};

type Service = "api-gateway" | "cognito";

/** The pace of one process, shared by all its clients. */
export class Pacing {
  readonly #pacers: ReadonlyMap<RateName, Pacer>;

  constructor(clock: Clock) {
    const names = Object.keys(PER_SECOND) as RateName[];
    this.#pacers = new Map(names.map((name) => [name, new Pacer(PER_SECOND[name], clock)]));
  }

  /** Makes one attempt of a call when its turn has come. */
  async attempt<Answer>(
    service: Service,
    command: string | undefined,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const pacers = this.#pacersOf(service, command);
    for (const pacer of pacers) await pacer.turn();
    try {
      return await call();
    } catch (error) {
      if (error instanceof Error && isThrottled(error)) for (const pacer of pacers) pacer.refused();
      throw error;
    }
  }

  #pacersOf(service: Service, command = ""): readonly Pacer[] {
    const names = RATES_OF[command] ?? (service === "api-gateway" ? (["controlPlane"] as const) : []);
    return names.flatMap((name) => this.#pacers.get(name) ?? []);
  }
}
