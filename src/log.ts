import { Logger } from "@aws-lambda-powertools/logger";

type Fields = Readonly<Record<string, unknown>>;

/** Made when there is something to say: most instances never log a line. */
let logger: Logger | undefined;

/**
 * Structured log: one JSON object a line, which Lambda hands to CloudWatch Logs.
 * Callers pass ids and errors, never tokens, keys, headers or bodies.
 */
export const log = {
  error: (message: string, fields: Fields = {}) => open().error(message, fields),
  warn: (message: string, fields: Fields = {}) => open().warn(message, fields),
};

function open(): Logger {
  logger ??= new Logger();
  return logger;
}
