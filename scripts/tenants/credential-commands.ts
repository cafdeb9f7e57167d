import type { Command } from "commander";
import type { Session } from "./commands.ts";
import {
  addSecret,
  listKeys,
  listSecrets,
  type RotationOptions,
  revokeKey,
  revokeSecret,
  rotateKey,
} from "./credentials.ts";
import type { ChangeOptions } from "./lifecycle.ts";

const TENANT = ["<tenant>", "slug or tenant id"] as const;
const CLIENT = ["<client>", "client id or label"] as const;
const DEADLINE = [
  "--deadline <when>",
  "until when the old one works: 30m, 24h, 7d from now, or an RFC 3339 time; 24h when left out, 30 days at most",
] as const;

/** `secrets …` and `keys …`: rotating what a tenant's machines authenticate by. */
export function addCredentialCommands(program: Command, open: () => Promise<Session>): void {
  const secrets = program.command("secrets").description("the secrets of a tenant's clients");
  secrets
    .command("list")
    .description("the secrets of a client, without their values")
    .argument(...TENANT)
    .argument(...CLIENT)
    .action(async (tenant: string, client: string) => listSecrets(await open(), tenant, client));
  secrets
    .command("add")
    .description("give a client a second secret; both work until the deadline")
    .argument(...TENANT)
    .argument(...CLIENT)
    .option(...DEADLINE)
    .action(async (tenant: string, client: string, options: RotationOptions) =>
      addSecret(await open(), tenant, client, options),
    );
  secrets
    .command("delete")
    .description("delete one of two secrets now; all live tokens of the client are refused within 30 s")
    .argument(...TENANT)
    .argument(...CLIENT)
    .argument("<secret>", "id of the secret")
    .option("--yes", "do not ask")
    .action(async (tenant: string, client: string, secret: string, options: ChangeOptions) =>
      revokeSecret(await open(), tenant, { client, secret }, options),
    );

  const keys = program.command("keys").description("a tenant's API keys");
  keys
    .command("list")
    .description("the API keys of a tenant, without their values")
    .argument(...TENANT)
    .action(async (tenant: string) => listKeys(await open(), tenant));
  keys
    .command("rotate")
    .description("give a tenant a second API key; both work until the deadline")
    .argument(...TENANT)
    .option(...DEADLINE)
    .action(async (tenant: string, options: RotationOptions) => rotateKey(await open(), tenant, options));
  keys
    .command("revoke")
    .description("delete one of two API keys now")
    .argument(...TENANT)
    .argument("<key>", "id of the key")
    .option("--yes", "do not ask")
    .action(async (tenant: string, key: string, options: ChangeOptions) =>
      revokeKey(await open(), tenant, key, options),
    );
}
