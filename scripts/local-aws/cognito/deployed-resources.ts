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

  /**
   * Removes what the stack held before and holds no longer, then notes what it holds: a kill in between leaves
   * the rest to the next start.
   */
  replace(
    stackName: string,
    current: readonly DeployedResource[],
    remove: (gone: DeployedResource) => void,
  ): void {
    const kept = new Set(current.map(keyOf));
    for (const resource of this.#deployments.get(stackName) ?? [])
      if (!kept.has(keyOf(resource))) remove(resource);
    this.#deployments.put(stackName, current);
  }
}

const keyOf = ({ kind, poolId, id }: DeployedResource): string => `${kind} ${poolId} ${id}`;
