import type { Compile } from "velocityjs";

type Handler = NonNullable<
  NonNullable<ConstructorParameters<typeof Compile>[1]>["customMethodHandlers"]
>[number];

/**
 * Methods of Java's String that templates call and JavaScript's has not, or has otherwise.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/String.html
 */
const METHODS: Readonly<Record<string, (text: string, ...parameters: readonly string[]) => unknown>> = {
  length: (text) => text.length,
  isEmpty: (text) => text === "",
  contains: (text, part = "") => text.includes(part),
  equals: (text, other) => text === other,
  equalsIgnoreCase: (text, other = "") => text.toLowerCase() === other.toLowerCase(),
  matches: (text, pattern = "") => new RegExp(`^(?:${pattern})$`, "s").test(text),
  replace: (text, part = "", replacement = "") => text.split(part).join(replacement),
  replaceAll: (text, pattern = "", replacement = "") => text.replace(new RegExp(pattern, "g"), replacement),
};

/** For velocityjs; Java's regular expressions are read as JavaScript's, which agree in what templates need. */
export const javaStrings: Handler = {
  uid: "java-strings",
  match: ({ property, context }) => typeof context === "string" && Object.hasOwn(METHODS, property),
  resolve: ({ property, context, params }) => METHODS[property]?.(String(context), ...params.map(String)),
};
