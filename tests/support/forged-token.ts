import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { importJWK, type JWK, SignJWT } from "jose";
import { demo, demoPlace } from "./demo-stack.ts";

/** A token signed with the local pool's own key, so that only what it says can be wrong with it. */
export async function signedByPool(claims: Record<string, unknown>): Promise<string> {
  const { kid, privateJwk } = accessTokenKey();
  return new SignJWT({
    iss: `https://cognito-idp.${demo().region}.amazonaws.com/${demo().userPoolId}`,
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", kid })
    .sign(await importJWK(privateJwk, "RS256"));
}

/** From a copy of the state with its log of writes, since the stack keeps the state itself locked. */
function accessTokenKey(): { readonly kid: string; readonly privateJwk: JWK } {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-keys-"));
  try {
    cpSync(join(demoPlace().home, "state"), folder, { recursive: true });
    const state = new DatabaseSync(join(folder, "state.sqlite"));
    const row = state
      .prepare("SELECT value FROM entries WHERE collection = 'cognito-pool-keys' AND id = ?")
      .get(demo().userPoolId);
    state.close();
    return JSON.parse(String(row?.value)).access;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
