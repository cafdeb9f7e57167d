type Fields = Readonly<Record<string, unknown>>;

/**
 * Structured log: one JSON object a line on standard output, which Lambda hands to CloudWatch Logs.
 * Callers pass ids and errors, never tokens, keys, headers or bodies.
 */
export const log = {
  error: (message: string, fields: Fields = {}) => write("ERROR", message, fields),
  warn: (message: string, fields: Fields = {}) => write("WARN", message, fields),
};

function write(level: string, message: string, fields: Fields): void {
  const line = { timestamp: new Date().toISOString(), level, message, ...fields };
  process.stdout.write(`${JSON.stringify(line, describeError)}\n`);
}

function describeError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, ...(cause instanceof Error && { cause }) };
}
