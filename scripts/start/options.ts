import { parseArgs } from "node:util";
import { DEFAULT_AWS_PORT } from "../stage/local-environment.ts";

export interface StartOptions {
  /** Whether to throw away what earlier starts left. */
  readonly fresh: boolean;
  readonly help: boolean;
  /** Port of the API. */
  readonly port: number;
  /** Port of the local AWS. */
  readonly awsPort: number;
}

export const USAGE = `Usage: npm start [-- --fresh]

Runs the whole system on this machine, with three demo tenants.

  --fresh   begin anew: tenants, data and credentials of earlier starts are deleted
  --help    this text

Environment: PORT (API, 3000), LOCAL_AWS_PORT (local AWS, ${DEFAULT_AWS_PORT})
`;

const DEFAULT_PORT = 3000;

/** Throws an Error that says in one line what is wrong. */
export function startOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StartOptions {
  const { fresh, help } = parseArguments(args);
  const port = portOf(environment, "PORT", DEFAULT_PORT);
  const awsPort = portOf(environment, "LOCAL_AWS_PORT", DEFAULT_AWS_PORT);
  if (port === awsPort) throw new Error(`PORT and LOCAL_AWS_PORT are both ${port}; they must differ`);
  return { fresh, help, port, awsPort };
}

function parseArguments(args: readonly string[]): { fresh: boolean; help: boolean } {
  const known = new Map([
    ["--fresh", "fresh"],
    ["--help", "help"],
    ["-h", "help"],
  ]);
  const unknown = args.find((argument) => !known.has(argument));
  if (unknown !== undefined)
    throw new Error(`unknown option ${unknown}; npm start -- --help says what there is`);
  const { values } = parseArgs({
    args: [...args],
    options: { fresh: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  return { fresh: values.fresh ?? false, help: values.help ?? false };
}

function portOf(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  otherwise: number,
): number {
  const text = environment[name];
  if (text === undefined || text === "") return otherwise;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new Error(`${name} is "${text}"; it must be a port from 1 to 65535`);
  return port;
}
