import { join } from "node:path";

/** Where the local stack listens and keeps what it knows. */
export interface Settings {
  /** `PORT`: the API. */
  readonly apiPort: number;
  /** `HTTP_API_PORT`: the HTTP API. */
  readonly httpApiPort: number;
  /** `LOCAL_AWS_PORT`: the AWS services. */
  readonly awsPort: number;
  /** `LAMBDA_PORT`: serverless-offline's Lambda Invoke API. */
  readonly lambdaPort: number;
  readonly stateDirectory: string;
  readonly accessLogFile: string;
  /** Where each log group that services write to has its file. */
  readonly logDirectory: string;
  readonly httpApiLogFile: string;
  /** Which permissions the functions' roles were seen to need, a line each. */
  readonly permissionFile: string;
  /** `CONTROL_PLANE_RATES`: whether API Gateway's control plane is as slow as an account's. */
  readonly controlPlaneRates: "enforced" | "off";
  /** Each call of that control plane, a line each. */
  readonly controlPlaneFile: string;
  /**
   * `BUNDLES`: folder of the service with the functions as they were bundled by an earlier start. Without it they
   * are bundled now, and again at each change.
   */
  readonly bundleFolder: string | undefined;
  /** The compiled template, written at every start: what the local stack enforces, to look at. */
  readonly templateFile: string;
}

/** @param environment with `GATEHOUSE_HOME`, default `.gatehouse` in the service's folder */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  serviceDirectory: string,
): Settings {
  const home = environment.GATEHOUSE_HOME || join(serviceDirectory, ".gatehouse");
  return {
    apiPort: portOf("PORT", environment.PORT, 3000),
    httpApiPort: portOf("HTTP_API_PORT", environment.HTTP_API_PORT, 3001),
    awsPort: portOf("LOCAL_AWS_PORT", environment.LOCAL_AWS_PORT, 4566),
    lambdaPort: portOf("LAMBDA_PORT", environment.LAMBDA_PORT, 3002),
    stateDirectory: join(home, "state"),
    accessLogFile: join(home, "logs", "access.log"),
    logDirectory: join(home, "logs"),
    httpApiLogFile: join(home, "logs", "http-api-access.log"),
    permissionFile: join(home, "logs", "permissions.log"),
    controlPlaneRates: environment.CONTROL_PLANE_RATES === "enforced" ? "enforced" : "off",
    controlPlaneFile: join(home, "logs", "control-plane.log"),
    bundleFolder: environment.BUNDLES || undefined,
    templateFile: join(home, "template.json"),
  };
}

function portOf(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined || value === "") return fallback;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartRefused(`${name} should be a port from 1 to 65535, not ${value}`);
  return port;
}

/** The stack cannot start, for a reason that the one who starts it can do something about. */
export class StartRefused extends Error {}
