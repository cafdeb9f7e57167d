import { Refusal } from "../../src/domain/refusal.ts";

/** An error as one line for the operator: what is wrong, and never where in our code. */
export function explainError(error: unknown, target: "local" | "deployed"): string {
  if (error instanceof Refusal) return error.detail;
  if (!(error instanceof Error)) return String(error);
  if (target === "local" && isUnreachable(error))
    return "The local stack is not running: start it with npm start.";
  if (error.message === "Region is missing")
    return "There is no region: set AWS_REGION to that of the stage.";
  const text = error.message.replaceAll(/\s+/g, " ").trim();
  // An AWS error's name says what to look up; ours and Node's are told by their text.
  return isAwsError(error) ? `${error.name}: ${text}` : text;
}

function isUnreachable(error: Error): boolean {
  if ("code" in error && (error.code === "ECONNREFUSED" || error.code === "ECONNRESET")) return true;
  if (error instanceof AggregateError)
    return error.errors.some((one) => one instanceof Error && isUnreachable(one));
  return error.cause instanceof Error && isUnreachable(error.cause);
}

function isAwsError(error: Error): boolean {
  return "$metadata" in error && error.name !== "Error";
}
