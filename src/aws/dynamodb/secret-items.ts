import type { SealedSecret } from "../../domain/secrets/sealed-secret.ts";
import { damaged, type Item } from "./control-items.ts";

/** The item's secrets. Throws when they are not as this system writes them. */
export function readSecrets(item: Item): SealedSecret[] {
  if (!Array.isArray(item.secrets)) throw damaged(item);
  return item.secrets.map((secret: unknown) => {
    const { sealed, createdAt, expiresAt }: Item = { ...Object(secret) };
    if (typeof sealed !== "string" || typeof createdAt !== "string") throw damaged(item);
    return { sealed, createdAt, ...(typeof expiresAt === "string" && { expiresAt }) };
  });
}
