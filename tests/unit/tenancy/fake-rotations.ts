import type { DueTask } from "../../../src/domain/tenancy/due.ts";
import { type Lease, LeaseLost } from "../../../src/domain/tenancy/lease.ts";
import type { ClientSecrets, Reservation, Rotations } from "../../../src/domain/tenancy/rotation-ports.ts";
import type { TenantId } from "../../../src/domain/tenancy/tenant-id.ts";
import { type Around, type FakeWorld, guarded } from "./fakes.ts";

interface Secret {
  readonly secretId: string;
  readonly value: string;
  readonly createdAt: string;
}

/** What rotations need of the world, kept in memory. */
export class FakeRotations {
  readonly reservations = new Map<string, Reservation & { lease?: Lease | undefined }>();
  readonly secrets = new Map<string, Secret[]>();
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  ports(around: Around) {
    return {
      rotations: guarded(this.#rotations(), around),
      clientSecrets: guarded(this.#clientSecrets(), around),
    };
  }

  putSecret(clientId: string, value: string): Secret {
    const secrets = this.secrets.get(clientId) ?? [];
    const secret = {
      secretId: this.#world.newId("secretId"),
      value,
      createdAt: `2027-01-01T00:00:0${secrets.length}Z`,
    };
    this.secrets.set(clientId, [...secrets, secret]);
    return secret;
  }

  #held(tenantId: TenantId, task: DueTask, run: string) {
    const known = this.reservations.get(`${tenantId}/${task}`);
    if (known?.lease?.run !== run) throw new LeaseLost(task);
    return known;
  }

  #rotations(): Rotations {
    const world = this.#world;
    const along = ({ audit, cutOff }: Parameters<Rotations["end"]>[3]) => {
      if (audit) world.audit.push(audit);
      if (cutOff) world.cutOffs.set(cutOff.subject, cutOff);
    };
    return {
      claim: async (tenantId, task, lease, now, anew) => {
        const key = `${tenantId}/${task}`;
        const known = this.reservations.get(key);
        if (known?.lease && known.lease.until > now) return "held";
        if (!known && !anew) return "none";
        if (!known) world.putDue(tenantId, task, lease.until);
        const claimed = { phase: "making" as const, keeps: undefined, ...known, lease };
        this.reservations.set(key, claimed);
        return { phase: claimed.phase, keeps: claimed.keeps };
      },
      keep: async (tenantId, task, lease, keeps, audit) => {
        const known = this.#held(tenantId, task, lease.run);
        this.reservations.set(`${tenantId}/${task}`, { ...known, keeps, lease });
        world.audit.push(audit);
      },
      renew: async (tenantId, task, lease) => {
        this.#held(tenantId, task, lease.run).lease = lease;
      },
      release: async (tenantId, task, run) => {
        const known = this.reservations.get(`${tenantId}/${task}`);
        if (known?.lease?.run === run) known.lease = undefined;
      },
      record: async (subject, run, { phase, current, retiring, keeps, dueAt }, records) => {
        const { tenantId } = subject.tenant;
        const { lease } = this.#held(tenantId, subject.task, run);
        const isNew = phase === "overlapping";
        const tenant = world.tenants.get(tenantId);
        if (subject.task === "keys") {
          const seen = subject.tenant;
          const same =
            tenant?.apiKeyId === seen.apiKeyId && tenant?.retiringApiKey?.id === seen.retiringApiKey?.id;
          const settled = tenant?.status === seen.status && tenant.transition === undefined;
          if (!tenant || !same || (isNew && !settled)) throw new LeaseLost("the keys");
          const { retiringApiKey: _old, ...rest } = tenant;
          world.tenants.set(tenantId, {
            ...rest,
            apiKeyId: current,
            ...(retiring && { retiringApiKey: retiring }),
          });
        } else {
          const client = world.clientRecords.get(subject.client.clientId);
          if (!client || client.retiringSecret?.id !== subject.client.retiringSecret?.id)
            throw new LeaseLost("the client");
          const { retiringSecret: _old, ...rest } = client;
          world.clientRecords.set(client.clientId, {
            ...rest,
            ...(retiring && { retiringSecret: retiring }),
          });
        }
        this.reservations.set(`${tenantId}/${subject.task}`, {
          phase,
          keeps,
          lease: isNew ? undefined : lease,
        });
        world.putDue(tenantId, subject.task, dueAt);
        along(records);
      },
      end: async (tenantId, task, run, records) => {
        this.#held(tenantId, task, run);
        this.reservations.delete(`${tenantId}/${task}`);
        world.due.delete(`${tenantId}/${task}`);
        along(records);
      },
    };
  }

  #clientSecrets(): ClientSecrets {
    return {
      of: async (clientId) =>
        (this.secrets.get(clientId) ?? []).map(({ secretId, createdAt }) => ({ secretId, createdAt })),
      add: async (clientId) => {
        const secrets = this.secrets.get(clientId) ?? [];
        if (secrets.length !== 1) throw new Error(`Cognito takes no further secret: ${secrets.length}`);
        const { secretId, value } = this.putSecret(clientId, this.#world.newId("secret"));
        return { secretId, clientSecret: value };
      },
      delete: async (clientId, secretId) => {
        const secrets = this.secrets.get(clientId) ?? [];
        const others = secrets.filter((secret) => secret.secretId !== secretId);
        if (others.length === 0 && secrets.length > 0) throw new Error("Cognito keeps the last secret");
        this.secrets.set(clientId, others);
      },
    };
  }
}
