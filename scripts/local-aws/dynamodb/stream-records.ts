import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { sizeOf } from "./dynalite.ts";
import type { AttributeValue, Item, StreamViewType, TableDescription } from "./item.ts";

/** Who made a change that nobody asked for. */
export interface UserIdentity {
  readonly type: "Service";
  readonly principalId: string;
}

/** What a change of an item tells, before it has its place in the stream. */
export interface ItemChange {
  readonly eventID: string;
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  readonly userIdentity?: UserIdentity | undefined;
  readonly dynamodb: {
    /** Epoch seconds. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    /** Bytes. */
    readonly SizeBytes: number;
    readonly StreamViewType: StreamViewType;
  };
}

/** Items past their time are deleted in this name, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
export const TIME_TO_LIVE: UserIdentity = { type: "Service", principalId: "dynamodb.amazonaws.com" };

/**
 * What the table's stream tells of a change; undefined for a write that changed nothing, and for a table without a
 * stream. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 *
 * @param now epoch milliseconds
 */
export function itemChange(
  table: TableDescription,
  [before, after]: readonly [Item | undefined, Item | undefined],
  now: number,
  userIdentity?: UserIdentity,
): ItemChange | undefined {
  const view = table.StreamSpecification?.StreamViewType;
  const item = after ?? before;
  if (!view || !item || isSame(before, after)) return undefined;
  const Keys = Object.fromEntries(
    table.KeySchema.flatMap(({ AttributeName }) => {
      const value = item[AttributeName];
      return value === undefined ? [] : [[AttributeName, value]];
    }),
  );
  const showsNew = view === "NEW_IMAGE" || view === "NEW_AND_OLD_IMAGES";
  const showsOld = view === "OLD_IMAGE" || view === "NEW_AND_OLD_IMAGES";
  const images = {
    ...(showsNew && after && { NewImage: after }),
    ...(showsOld && before && { OldImage: before }),
  };
  return {
    eventID: randomUUID().replaceAll("-", ""),
    eventName: !before ? "INSERT" : after ? "MODIFY" : "REMOVE",
    ...(userIdentity && { userIdentity }),
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(now / 1000),
      Keys,
      ...images,
      SizeBytes: [Keys, ...Object.values(images)].reduce((sum, image) => sum + sizeOf(image), 0),
      StreamViewType: view,
    },
  };
}

function isSame(before: Item | undefined, after: Item | undefined): boolean {
  if (!before || !after) return before === after;
  return isDeepStrictEqual(inOrder(before), inOrder(after));
}

/** With the elements of sets in order: a set is the same however it was written. */
function inOrder(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueInOrder(value)]));
}

function valueInOrder(value: AttributeValue): AttributeValue {
  const [only] = Object.entries(value);
  if (!only) return value;
  const [type, inside] = only;
  if (type === "M") return { M: inOrder(Object(inside)) };
  if (type === "L" && Array.isArray(inside)) return { L: inside.map(valueInOrder) };
  if (type.endsWith("S") && Array.isArray(inside)) return { [type]: [...inside].sort() };
  return { [type]: inside };
}
