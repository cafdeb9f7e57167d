import type { HttpRequest } from "../edge/http-message.ts";
import { objectOf, textOf } from "../edge/template-reader.ts";

/** The part of a request that a statement looks at; undefined when the request has none. */
interface Component {
  readonly bytes: Buffer;
  /** Longer than WAF is given to see: what the statement says of that instead of looking. */
  readonly oversize?: boolean;
}

type Read = (request: HttpRequest) => Component | undefined;
type Transform = (text: string) => string;

/**
 * `FieldToMatch`. Throws for a component that the local WAF does not know.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-fields-list.html
 *
 * @param inspected how many bytes of a body WAF is given to see
 */
export function componentOf(fieldToMatch: unknown, inspected: number): Read {
  const [[kind, settings] = ["", {}]] = Object.entries(objectOf(fieldToMatch, "FieldToMatch"));
  const { Name, OversizeHandling = "CONTINUE" } = objectOf(settings, kind);
  switch (kind) {
    case "SingleHeader": {
      const name = textOf(Name, "SingleHeader.Name");
      return ({ headers }) => textComponent(headers.get(name));
    }
    case "Method":
      return ({ method }) => textComponent(method);
    case "UriPath":
      return ({ path }) => textComponent(path);
    case "QueryString":
      return ({ query }) => textComponent(query);
    case "Body":
      return ({ body }) =>
        body.length <= inspected
          ? { bytes: body }
          : { bytes: body.subarray(0, inspected), ...oversize(OversizeHandling) };
    default:
      throw new Error(`the local WAF does not know the request component ${kind}`);
  }
}

/** https://docs.aws.amazon.com/waf/latest/developerguide/waf-oversize-request-components.html */
function oversize(handling: unknown): { oversize?: boolean } {
  switch (handling) {
    case "MATCH":
      return { oversize: true };
    case "NO_MATCH":
      return { oversize: false };
    default:
      return {};
  }
}

function textComponent(text: string | undefined): Component | undefined {
  return text === undefined ? undefined : { bytes: Buffer.from(text) };
}

/** `TextTransformations`, the lowest priority first. Throws for one that the local WAF does not know. */
export function transformationOf(transformations: unknown): Transform {
  const steps = (Array.isArray(transformations) ? transformations : [])
    .map((item) => objectOf(item, "TextTransformation"))
    .sort((a, b) => Number(a.Priority) - Number(b.Priority))
    .map(({ Type }) => transformation(textOf(Type, "TextTransformation.Type")));
  return (text) => steps.reduce((changed, step) => step(changed), text);
}

function transformation(type: string): Transform {
  switch (type) {
    case "NONE":
      return (text) => text;
    case "LOWERCASE":
      return (text) => text.toLowerCase();
    default:
      throw new Error(`the local WAF does not know the text transformation ${type}`);
  }
}
