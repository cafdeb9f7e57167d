import type { Clock } from "../kernel/clock.ts";
import type { Client } from "./clients.ts";
import { notAuthorized } from "./errors.ts";
import type { Pools } from "./pools.ts";
import type { SignIn, SignIns } from "./sign-ins.ts";
import type { User, Users } from "./users.ts";

/** The sign-in that a client's refresh token stands for, with its user. Throws `NotAuthorizedException`. */
export function signInToRefresh(
  { pools, users, signIns, clock }: { pools: Pools; users: Users; signIns: SignIns; clock: Clock },
  client: Client,
  refreshToken: string,
): { readonly signIn: SignIn; readonly user: User } {
  const signIn = signIns.ofRefreshToken(refreshToken);
  if (signIn?.clientId !== client.id) throw notAuthorized("Invalid Refresh Token");
  const user = users.find(pools.get(client.poolId), signIn.username);
  if (signIn.revoked) throw notAuthorized("Refresh Token has been revoked");
  if (signIn.expiresAt <= clock.now()) throw notAuthorized("Refresh Token has expired");
  if (!user) throw notAuthorized("Invalid Refresh Token");
  if (!user.enabled) throw notAuthorized("User is disabled.");
  return { signIn, user };
}
