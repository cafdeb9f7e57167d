import { randomBytes } from "node:crypto";
import type { PolicyDocument } from "../kernel/caller.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Collection, Store } from "../kernel/store.ts";

/** Credentials of a role session as STS hands them out. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds; undefined for a function's credentials, which last as long as the stack runs. */
  readonly expiresAt: number | undefined;
}

/** A role session as it is kept: who it is, not what it may do. */
export interface Session {
  readonly credentials: Credentials;
  readonly roleName: string;
  readonly sessionName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** Policies passed to AssumeRole; they narrow what the role may do. */
  readonly sessionPolicies: readonly PolicyDocument[];
}

/** Begins every access key that the local STS issues, so that a key of a forgotten session stays recognisable. */
const ISSUED_PREFIX = "ASIALOCAL";
const KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const KEY_LENGTH = 20;
const SWEEP_EVERY_MS = 60_000;

/** The role sessions of the local account; they survive a restart, and the expired ones are dropped. */
export class Sessions {
  readonly #sessions: Collection<Session>;
  readonly #clock: Clock;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store, clock: Clock) {
    this.#sessions = store.collection<Session>("iam/sessions");
    this.#clock = clock;
    this.#dropExpired();
  }

  /** Keeps a new session. @param durationSeconds undefined: until the stack is gone */
  start(
    session: Omit<Session, "credentials">,
    durationSeconds: number | undefined,
  ): Session & { readonly credentials: Credentials } {
    this.#dropExpired();
    const credentials: Credentials = {
      accessKeyId: newAccessKeyId(),
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(96).toString("base64"),
      expiresAt: durationSeconds === undefined ? undefined : this.#clock.now() + durationSeconds * 1000,
    };
    const started = { ...session, credentials };
    this.#sessions.put(credentials.accessKeyId, started);
    return started;
  }

  end(accessKeyId: string): void {
    this.#sessions.delete(accessKeyId);
  }

  get(accessKeyId: string): Session | undefined {
    return this.#sessions.get(accessKeyId);
  }

  isExpired({ credentials: { expiresAt } }: Session): boolean {
    return expiresAt !== undefined && expiresAt <= this.#clock.now();
  }

  /** Whether the local STS issued that key, even if its session is long gone. */
  static issued(accessKeyId: string): boolean {
    return accessKeyId.startsWith(ISSUED_PREFIX);
  }

  #dropExpired(): void {
    if (this.#clock.now() - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = this.#clock.now();
    for (const [accessKeyId, session] of [...this.#sessions.entries()])
      if (this.isExpired(session)) this.#sessions.delete(accessKeyId);
  }
}

function newAccessKeyId(): string {
  const random = randomBytes(KEY_LENGTH - ISSUED_PREFIX.length);
  return ISSUED_PREFIX + Array.from(random, (byte) => KEY_ALPHABET[byte % KEY_ALPHABET.length]).join("");
}
