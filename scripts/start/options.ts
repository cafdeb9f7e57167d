export interface StartOptions {
  /** Whether to throw away what earlier starts left. */
  readonly fresh: boolean;
  readonly help: boolean;
}

export const USAGE = `Usage: npm start [-- --fresh]

Runs the whole system on this machine, with three demo tenants.

  --fresh   begin anew: tenants, data and credentials of earlier starts are deleted
  --help    this text

Environment
  PORT            port of the API, 3000
  HTTP_API_PORT   port of the HTTP API, 3001
  LOCAL_AWS_PORT  port of the local AWS, 4566
  LAMBDA_PORT     port of the Lambda Invoke API, 3002
  CONTROL_PLANE_RATES=enforced
                  API Gateway's control plane takes calls no faster than an account's
  GATEHOUSE_HOME  folder of state, credentials and logs, .gatehouse`;

/** Throws an Error that says in one line what is wrong. */
export function startOptions(args: readonly string[]): StartOptions {
  const known = ["--fresh", "--help", "-h"];
  const unknown = args.find((argument) => !known.includes(argument));
  if (unknown !== undefined)
    throw new Error(`unknown option ${unknown}; npm start -- --help says what there is`);
  return { fresh: args.includes("--fresh"), help: args.includes("--help") || args.includes("-h") };
}
