import type { Finding } from "../refusal.ts";
import { isCidrRange } from "./ip-range.ts";
import { isRecord, listOfTexts, pointerTo } from "./lint-values.ts";

const MOST_VALUES = 20;
const LONGEST_VALUE = 256;

interface Kind {
  readonly keys: readonly string[];
  readonly isValue: (text: string) => boolean;
  readonly values: string;
}

const ADDRESS: Kind = {
  keys: ["aws:SourceIp"],
  isValue: isCidrRange,
  values: "an IP address or a CIDR range without host bits out of place, such as 203.0.113.0/24",
};
const TIME: Kind = {
  keys: ["aws:CurrentTime"],
  isValue: isInstant,
  values: "a time in UTC such as 2027-01-31T00:00:00Z",
};
const TEXT: Kind = {
  keys: ["aws:UserAgent", "aws:Referer"],
  isValue: (text) => text !== "" && !text.includes("${"),
  values: "a text that is not empty and holds no policy variable",
};

/**
 * The operators and keys that API Gateway evaluates in an authorizer's policy. What it does not know would
 * make it refuse the whole policy, or an Allow that never applies, or a Deny that never does.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
 */
const OPERATORS: ReadonlyMap<string, Kind> = new Map([
  ["IpAddress", ADDRESS],
  ["NotIpAddress", ADDRESS],
  ["DateLessThan", TIME],
  ["DateLessThanEquals", TIME],
  ["DateGreaterThan", TIME],
  ["DateGreaterThanEquals", TIME],
  ["StringEquals", TEXT],
  ["StringNotEquals", TEXT],
  ["StringLike", TEXT],
  ["StringNotLike", TEXT],
]);

type Place = readonly (string | number)[];

export function lintCondition(condition: unknown, place: Place): Finding[] {
  if (!isRecord(condition) || Object.keys(condition).length === 0)
    return [
      { pointer: pointerTo(place), detail: "must be an object of operators; leave it out if there is none" },
    ];
  return Object.entries(condition).flatMap(([operator, keys]) => {
    const kind = OPERATORS.get(operator);
    const where = [...place, operator];
    if (!kind)
      return [
        {
          pointer: pointerTo(where),
          detail: `is not known here; known are ${[...OPERATORS.keys()].join(", ")}`,
        },
      ];
    return lintKeys(keys, kind, where);
  });
}

function lintKeys(keys: unknown, kind: Kind, place: Place): Finding[] {
  if (!isRecord(keys) || Object.keys(keys).length === 0)
    return [{ pointer: pointerTo(place), detail: `must be an object of ${kind.keys.join(" or ")}` }];
  return Object.entries(keys).flatMap(([key, values]) => {
    const where = [...place, key];
    if (!kind.keys.includes(key))
      return [
        {
          pointer: pointerTo(where),
          detail: `does not go with this operator; ${kind.keys.join(" or ")} does`,
        },
      ];
    return lintValues(values, kind, where);
  });
}

function lintValues(values: unknown, kind: Kind, place: Place): Finding[] {
  const texts = listOfTexts(values, MOST_VALUES);
  if (!texts)
    return [
      { pointer: pointerTo(place), detail: `must be a text, or a list of 1 to ${MOST_VALUES} of them` },
    ];
  return texts.flatMap((text, index) =>
    text.length <= LONGEST_VALUE && kind.isValue(text)
      ? []
      : [
          {
            pointer: pointerTo(Array.isArray(values) ? [...place, index] : place),
            detail: `must be ${kind.values}`,
          },
        ],
  );
}

/** Years, months and days as they are on the calendar: `2027-02-30` is none. */
function isInstant(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 19) === text.slice(0, 19);
}
