import type { Collection, Store } from "../kernel/store.ts";

/** A resource inside a pool that a template brought into being. */
export interface DeployedResource {
  readonly kind: "domain" | "resourceServer" | "client" | "group";
  readonly poolId: string;
  readonly id: string;
}

/** Remembers what each stack deployed, so that what its template no longer holds can be deleted. */
export class DeployedResources {
  readonly #deployments: Collection<readonly DeployedResource[]>;

  constructor(store: Store) {
    this.#deployments = store.collection("cognito-deployments");
  }

  /** Notes what the stack holds now. @returns what it held before and holds no longer */
  replace(stackName: string, current: readonly DeployedResource[]): DeployedResource[] {
    const kept = new Set(current.map(keyOf));
    const gone = (this.#deployments.get(stackName) ?? []).filter((resource) => !kept.has(keyOf(resource)));
    this.#deployments.put(stackName, current);
    return gone;
  }
}

const keyOf = ({ kind, poolId, id }: DeployedResource): string => `${kind} ${poolId} ${id}`;
