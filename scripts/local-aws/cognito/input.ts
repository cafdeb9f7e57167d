import { AwsError } from "../kernel/aws-error.ts";
import { constraintViolation } from "./errors.ts";

export interface TextConstraint {
  readonly shortest?: number;
  readonly longest?: number;
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
  /** A secret: what was given stays out of the error, which ends up in logs. */
  readonly sensitive?: boolean;
}

/**
 * The members of one request, read with their constraints. Every reader throws {@link AwsError}:
 * `SerializationException` for a member of another type, `InvalidParameterException` for a broken constraint.
 */
export class Input {
  readonly members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    this.members = members;
  }

  /** Reads a JSON body; an empty one is a request without members. */
  static parse(body: Buffer): Input {
    if (body.length === 0) return new Input({});
    let value: unknown;
    try {
      value = JSON.parse(body.toString("utf8"));
    } catch {
      throw new AwsError("SerializationException", "");
    }
    return Input.of(value);
  }

  static of(value: unknown): Input {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw notOfType(value, "a Structure");
    return new Input(Object.fromEntries(Object.entries(value)));
  }

  has(member: string): boolean {
    return this.#value(member) !== undefined;
  }

  text(member: string, constraint: TextConstraint = {}): string {
    return this.optionalText(member, constraint) ?? missing(member);
  }

  optionalText(member: string, constraint: TextConstraint = {}): string | undefined {
    const value = this.#value(member);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw notOfType(value, "a String");
    checkText(member, value, constraint);
    return value;
  }

  optionalInteger(member: string, lowest: number, highest: number): number | undefined {
    const value = this.#value(member);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value)) throw notOfType(value, "an Integer");
    if (value < lowest)
      throw constraintViolation(member, `have value greater than or equal to ${lowest}`, value);
    if (value > highest)
      throw constraintViolation(member, `have value less than or equal to ${highest}`, value);
    return value;
  }

  optionalFlag(member: string): boolean | undefined {
    const value = this.#value(member);
    if (value === undefined) return undefined;
    if (typeof value !== "boolean") throw notOfType(value, "a Boolean");
    return value;
  }

  /** A list of strings; `most` bounds its length, `constraint` each of its members. */
  optionalTexts(member: string, most: number, constraint: TextConstraint = {}): string[] | undefined {
    return this.optionalList(member, most)?.map((value) => {
      if (typeof value !== "string") throw notOfType(value, "a String");
      checkText(member, value, constraint);
      return value;
    });
  }

  optionalStructures(member: string, most: number): Input[] | undefined {
    return this.optionalList(member, most)?.map((value) => Input.of(value));
  }

  optionalStructure(member: string): Input | undefined {
    const value = this.#value(member);
    return value === undefined ? undefined : Input.of(value);
  }

  optionalTextMap(member: string): Record<string, string> | undefined {
    const map = this.optionalStructure(member);
    if (!map) return undefined;
    return Object.fromEntries(Object.keys(map.members).map((key) => [key, map.text(key, { shortest: 0 })]));
  }

  optionalList(member: string, most: number): unknown[] | undefined {
    const value = this.#value(member);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw notOfType(value, "a List");
    if (value.length > most)
      throw constraintViolation(member, `have length less than or equal to ${most}`, value);
    return value;
  }

  /** JSON's null is the same as a member left out. */
  #value(member: string): unknown {
    return this.members[member] ?? undefined;
  }
}

function checkText(member: string, value: string, constraint: TextConstraint): void {
  const { shortest = 1, longest, pattern, oneOf, sensitive } = constraint;
  const shown = sensitive ? undefined : value;
  if (value.length < shortest)
    throw constraintViolation(member, `have length greater than or equal to ${shortest}`, shown);
  if (longest !== undefined && value.length > longest)
    throw constraintViolation(member, `have length less than or equal to ${longest}`, shown);
  if (pattern && !pattern.test(value))
    throw constraintViolation(
      member,
      `satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, "")}`,
      shown,
    );
  if (oneOf && !oneOf.includes(value))
    throw constraintViolation(member, `satisfy enum value set: [${oneOf.join(", ")}]`, shown);
}

function missing(member: string): never {
  throw constraintViolation(member, "not be null");
}

function notOfType(value: unknown, type: string): AwsError {
  const found = Array.isArray(value) ? "LIST" : value === null ? "NULL" : typeof value;
  return new AwsError(
    "SerializationException",
    `${found.toUpperCase()}_VALUE can not be converted to ${type}`,
  );
}
