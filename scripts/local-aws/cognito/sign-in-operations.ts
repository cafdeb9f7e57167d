import type { Authentication } from "./authentication.ts";
import { type Client, type Clients, clientIdOf, existingClient } from "./clients.ts";
import { invalidParameter, notFound } from "./errors.ts";
import type { Input } from "./input.ts";
import type { Operations } from "./operations.ts";
import type { Pools } from "./pools.ts";

/** Which client settings allow a flow, and through which operation it may be started. */
const FLOWS: Readonly<Record<string, { readonly allowedBy: readonly string[]; readonly admin: boolean }>> = {
  USER_PASSWORD_AUTH: { allowedBy: ["ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"], admin: false },
  ADMIN_USER_PASSWORD_AUTH: {
    allowedBy: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"],
    admin: true,
  },
  ADMIN_NO_SRP_AUTH: { allowedBy: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"], admin: true },
};
const REFRESH_FLOWS = ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"];

/** Signing in with the account's credentials. */
export function adminSignInOperations(auth: Authentication, clients: Clients, pools: Pools): Operations {
  return {
    AdminInitiateAuth: (input) => initiate(auth, existingClient(clients, pools, input), input, true),
    AdminRespondToAuthChallenge: (input) => respond(auth, existingClient(clients, pools, input), input),
  };
}

/** Signing in from outside: no IAM, the password is the credential. */
export function signInOperations(auth: Authentication, clients: Clients): Operations {
  return {
    InitiateAuth: (input) => initiate(auth, named(clients, input), input, false),
    RespondToAuthChallenge: (input) => respond(auth, named(clients, input), input),
  };
}

function named(clients: Clients, input: Input): Client {
  const clientId = clientIdOf(input);
  const client = clients.find(clientId);
  if (!client) throw notFound(`User pool client ${clientId} does not exist.`);
  return client;
}

function initiate(auth: Authentication, client: Client, input: Input, admin: boolean) {
  const flow = input.text("AuthFlow");
  const parameters = input.optionalTextMap("AuthParameters") ?? {};
  if (REFRESH_FLOWS.includes(flow)) {
    checkRefresh(client, flow);
    return auth.withRefreshToken(client, parameters);
  }
  const password = Object.hasOwn(FLOWS, flow) ? FLOWS[flow] : undefined;
  if (!password || password.admin !== admin) throw invalidParameter("Initiate Auth method not supported.");
  if (!password.allowedBy.some((setting) => client.settings.explicitAuthFlows.includes(setting)))
    throw invalidParameter(
      admin ? "Auth flow not enabled for this client" : `${flow} flow not enabled for this client`,
    );
  return auth.withPassword(client, parameters);
}

/** A client with one of the older flow settings may always refresh. */
function checkRefresh(client: Client, flow: string): void {
  const { explicitAuthFlows } = client.settings;
  const modern = explicitAuthFlows.some((setting) => setting.startsWith("ALLOW_"));
  if (modern && !explicitAuthFlows.includes("ALLOW_REFRESH_TOKEN_AUTH"))
    throw invalidParameter(`${flow} flow not enabled for this client`);
}

function respond(auth: Authentication, client: Client, input: Input) {
  const challenge = input.text("ChallengeName");
  if (challenge !== "NEW_PASSWORD_REQUIRED")
    throw invalidParameter(`Challenge ${challenge} is not one that was posed.`);
  return auth.withNewPassword(
    client,
    input.text("Session", { shortest: 20, longest: 2048 }),
    input.optionalTextMap("ChallengeResponses") ?? {},
    input.optionalTextMap("ClientMetadata"),
  );
}
