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

function accessTokenKey(): { readonly kid: string; readonly privateJwk: JWK } {
  const state = new DatabaseSync(join(demoPlace().home, "state", "state.sqlite"), { readOnly: true });
  try {
    const row = state
      .prepare("SELECT value FROM entries WHERE collection = 'cognito-pool-keys' AND id = ?")
      .get(demo().userPoolId);
    return JSON.parse(String(row?.value)).access;
  } finally {
    state.close();
  }
}
