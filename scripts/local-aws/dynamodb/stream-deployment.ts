import { AwsError } from "../kernel/aws-error.ts";
import type { StackResource } from "../kernel/stack.ts";
import { STREAM_LABEL } from "../kernel/stack-attributes.ts";
import { tableWrite } from "./dynalite-store.ts";
import { VIEW_TYPES } from "./item.ts";
import { streamSpace } from "./streams.ts";
import type { Tables } from "./tables.ts";

/** Switches a table's stream on or off as the template says; what a stream held goes with it. */
export function deployStream({ physicalId, properties }: StackResource, tables: Tables): void {
  const wanted = viewTypeOf(physicalId, properties);
  const table = tables.describe(physicalId);
  if (!table || wanted === table.StreamSpecification?.StreamViewType) return;
  const { StreamSpecification: _, LatestStreamArn: __, LatestStreamLabel: ___, ...plain } = table;
  if (wanted === undefined) tables.records.clear(streamSpace(physicalId));
  tables.records.commit([
    tableWrite(
      wanted === undefined
        ? plain
        : {
            ...plain,
            StreamSpecification: { StreamEnabled: true, StreamViewType: wanted },
            LatestStreamArn: tables.streams.arnOf(physicalId),
            LatestStreamLabel: STREAM_LABEL,
          },
    ),
  ]);
}

/** A stream is a table's by the template alone. Throws ValidationException for a request that asks for one. */
export function refuseStream(body: object): void {
  if ("StreamSpecification" in body && body.StreamSpecification !== null)
    throw new AwsError(
      "ValidationException",
      "the local DynamoDB takes a StreamSpecification by template only",
    );
}

/** Throws for what is not imitated. */
function viewTypeOf(name: string, properties: StackResource["properties"]) {
  const { StreamSpecification: specification, KinesisStreamSpecification } = properties;
  if (KinesisStreamSpecification !== undefined)
    throw new Error(`the local DynamoDB has no Kinesis streams (table ${name})`);
  if (typeof specification !== "object" || specification === null) return undefined;
  const { StreamViewType, ...others }: Readonly<Record<string, unknown>> = { ...specification };
  const [strange] = Object.keys(others);
  if (strange) throw new Error(`the local DynamoDB does not imitate ${strange} of a stream (table ${name})`);
  const viewType = VIEW_TYPES.find((known) => known === StreamViewType);
  if (!viewType) throw new Error(`table ${name} has a stream of no known StreamViewType`);
  return viewType;
}
