import {
  AddUserPoolClientSecretCommand,
  CognitoIdentityProviderClient,
  DeleteUserPoolClientSecretCommand,
  ListUserPoolClientSecretsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-cognito-identity-provider";
import type { ClientSecrets, SecretDescription } from "../../domain/tenancy/rotation-ports.ts";
import { withinQuota } from "../aws-quota.ts";
import { callOptions, retryThrottledCalls } from "../control-plane.ts";

/**
 * The secrets of a user pool's app clients: Cognito takes either of two.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddUserPoolClientSecret.html
 */
export class CognitoClientSecrets implements ClientSecrets {
  readonly #cognito = new CognitoIdentityProviderClient({ retryStrategy: retryThrottledCalls });
  readonly #userPoolId: string;

  constructor(userPoolId: string) {
    this.#userPoolId = userPoolId;
  }

  /** One answer has them all, since there are two at most (API_ListUserPoolClientSecrets). */
  async of(clientId: string): Promise<SecretDescription[]> {
    try {
      const { ClientSecrets = [] } = await this.#cognito.send(
        new ListUserPoolClientSecretsCommand({ UserPoolId: this.#userPoolId, ClientId: clientId }),
        callOptions(),
      );
      return ClientSecrets.flatMap(({ ClientSecretId, ClientSecretCreateDate }) =>
        ClientSecretId && ClientSecretCreateDate
          ? [{ secretId: ClientSecretId, createdAt: ClientSecretCreateDate.toISOString() }]
          : [],
      );
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return [];
      throw error;
    }
  }

  async add(clientId: string): Promise<{ secretId: string; clientSecret: string }> {
    const secret = new AddUserPoolClientSecretCommand({ UserPoolId: this.#userPoolId, ClientId: clientId });
    const { ClientSecretDescriptor } = await withinQuota("clientSecrets", () =>
      this.#cognito.send(secret, callOptions()),
    );
    const { ClientSecretId: secretId, ClientSecretValue: clientSecret } = ClientSecretDescriptor ?? {};
    if (!secretId || !clientSecret)
      throw new Error("Cognito answered AddUserPoolClientSecret without id or value");
    return { secretId, clientSecret };
  }

  async delete(clientId: string, secretId: string): Promise<void> {
    try {
      await this.#cognito.send(
        new DeleteUserPoolClientSecretCommand({
          UserPoolId: this.#userPoolId,
          ClientId: clientId,
          ClientSecretId: secretId,
        }),
        callOptions(),
      );
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }
}
